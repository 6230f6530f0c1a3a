"""Every text comes back as it was written, whatever stands in it."""

import pytest

from parlance.contract.registry import NewKey, NewRoute
from parlance.model.message import Text
from parlance.store.spelling import pack, spell, unpack
from store.desk import Desk

TEXTS = [
    "\0",
    "a\0b",
    "\0\0",
    "\x1a",
    "\x1a0",
    "\x1a1",
    "\x1a\0\x1a",
    "\0" + "1",
    "\ufffe\uffff",
    "\U0001f469‍\U0001f467",
    "%s %(x)s ? :x",
    "'; --",
    "\\0",
    "\r\n\t\x7f",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_a_text_comes_back(desk: Desk, text: str) -> None:
    message = await desk.accept(Text(text), refs={"ref": text}, key=f"k{text}", fingerprint=b"\0f")
    assert (await desk.message(message.id)).content == Text(text)
    assert (await desk.message(message.id)).refs == {"ref": text}
    again = await desk.accept(Text("other"), key=f"k{text}", fingerprint=b"\0f")
    assert again.id == message.id
    await desk.send(message, f"w{text}")
    found = await desk.store.message_by_external(desk.sender.route.id, f"w{text}")
    assert found is not None
    assert found.id == message.id
    incoming = await desk.write(f"in{text}", name=text)
    assert (await desk.store.customers([incoming.customer_id]))[incoming.customer_id].name == text
    sender = await desk.store.add_sender(
        await desk.store.account(text), "1", text, NewRoute("sandbox", "", {"x": text}), [NewKey("one", text, text)], 9
    )
    assert (sender.account, sender.name, sender.route.settings) == (text, text, {"x": text})
    assert await desk.store.knows_public("one", text)


@pytest.mark.parametrize("text", TEXTS)
def test_packed_texts_have_no_nul_and_are_told_apart(text: str) -> None:
    packed = pack(text)
    assert "\0" not in packed
    assert unpack(packed) == text
    assert len({pack(each) for each in TEXTS}) == len(TEXTS)


def test_other_values_are_left_alone() -> None:
    for value in (None, 7, b"\0", True):
        assert pack(value) is value
        assert unpack(value) is value


def test_statements_are_spelt_for_the_server() -> None:
    spelt = {
        "SELECT ? FROM t WHERE a = :a AND b LIKE '%'": b"SELECT %s FROM t WHERE a = %(a)s AND b LIKE '%%'",
        "SELECT 1 FROM d INDEXED BY ix_d WHERE x": b"SELECT 1 FROM d WHERE x",
        "SELECT 1 /*+ FOR UPDATE */": b"SELECT 1 FOR UPDATE",
        "SELECT '1'::int": b"SELECT '1'::int",
    }
    assert {sql: spell(sql) for sql in spelt} == spelt
