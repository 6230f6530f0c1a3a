"""Moving a whole store into another engine, and every reason for which it is refused."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.registry import NewKey
from parlance.contract.store import StoreFault
from parlance.contract.views import MessageFilter
from parlance.model.message import Stage, Text
from parlance.store import migrating, moving
from parlance.store.doors import Doors
from store import server
from store.desk import DANA, ENGINES, KEY, NOW, CountedIds, Desk, StoppedClock


async def _each(lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


async def _lines(store: Doors) -> list[bytes]:
    pieces = [piece async for piece in store.export()]
    return b"".join(pieces).splitlines()


@pytest.fixture
async def full(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A store with something in most tables, and awkward texts in it."""
    monkeypatch.setattr(moving, "_PAGE", 3)
    await desk.subscribe(secret="signing")
    for number in range(7):
        message = await desk.accept(
            Text(f"text {number} \0\x1a\n"), key=f"key\0{number}", fingerprint=bytes([number, 0])
        )
        await desk.send(message, f"w{number}")
    await desk.status("w1", Stage.READ)
    await desk.status("early", Stage.READ)
    await desk.write("in-1", name="Dáná\0")
    await desk.accept()
    await desk.store.delivered([DeliveryResult(1, 1, DeliveryState.DONE, NOW)])
    await desk.store.add_keys(desk.sender.id, [NewKey("three", "p", "third")], None)
    return desk


@pytest.fixture(params=sorted(ENGINES))
async def other(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Doors]:
    """An empty store of each engine."""
    folder = tmp_path / "other"
    made = ENGINES[request.param](folder, CountedIds(5_000_001), clock, KEY)
    await made.open()
    yield made
    await made.close()
    server.drop(folder)


async def test_everything_is_there_after_moving(full: Desk, other: Doors) -> None:
    lines = await _lines(full.store)
    counts = await other.read_in(_each(lines))
    assert counts["messages"] == 9
    assert counts["subscriptions"] == 1
    store, sender = full.store, full.sender
    for message in await store.messages(MessageFilter()):
        assert await other.message(message.id) == message
        assert await other.history(message.id) == await store.history(message.id)
    assert await other.senders(0, 10) == await store.senders(0, 10)
    assert await other.subscriptions() == await store.subscriptions()
    assert await other.keys(sender.id) == await store.keys(sender.id)
    assert await other.document(sender.id, "two") == {"app_secret": "s"}
    assert await other.find_key("one", "secret-1") is not None
    assert await other.find_key("three", "third") is not None
    assert await other.deliveries(DeliveryFilter(limit=100)) == await store.deliveries(DeliveryFilter(limit=100))
    assert await other.pending(sender.id, 0, 10) == await store.pending(sender.id, 0, 10)
    assert await other.customer(full.account.id, DANA) == await store.customer(full.account.id, DANA)
    assert await other.next_ordinal() == await store.next_ordinal()
    # Life goes on: keys are known, early statuses join.
    moved = Desk(other, full.clock, CountedIds(6_000_001), full.account, sender)
    first = await moved.accept(Text("x"), key="key\0" + "0", fingerprint=bytes([0, 0]))
    assert first.content == Text("text 0 \0\x1a\n")
    new = await moved.accept()
    await moved.send(new, "early")
    assert await moved.stage(new) is Stage.READ
    # And out again it is the same as before.
    again = await _lines(full.store)
    assert again == lines


async def test_what_is_written_meanwhile_does_not_show(full: Desk) -> None:
    pieces = full.store.export()
    first = await anext(pieces)
    await full.accept(Text("zzyzx"))
    rest = [piece async for piece in pieces]
    assert b"zzyzx" not in first + b"".join(rest)


async def test_an_export_can_be_left(full: Desk) -> None:
    pieces = full.store.export()
    await anext(pieces)
    await pieces.aclose()  # type: ignore[attr-defined]
    await full.accept()


async def _refusal(store: Doors, lines: Sequence[bytes]) -> str:
    with pytest.raises(StoreFault) as refused:
        await store.read_in(_each(lines))
    return str(refused.value)


def _line(value: Any) -> bytes:
    return json.dumps(value).encode()


HEAD = _line({"parlance": "export", "format": 1, "schema": migrating.HEAD})
META = _line({"table": "meta", "columns": ["name", "value"]})
PHONES = _line({"table": "phones", "columns": ["number", "delivers", "reads", "delay"]})
END = _line({"rows": 0})

BAD = {
    "This is no export of Parlance that this version can read.": [_line({"some": "thing"})],
    f"The export has the schema 0000, and this version has {migrating.HEAD}. Upgrade where it was made (or here) so "
    "that both are the same, and export again.": [_line({"parlance": "export", "format": 1, "schema": "0000"})],
    "Line 1 of the export cannot be used: it is no JSON.": [b"\xff"],
    "Line 2 of the export cannot be used: there is no such table.": [HEAD, _line({"table": "nodes", "columns": []})],
    "Line 2 of the export cannot be used: it is neither a table nor a row.": [HEAD, b"5"],
    "Line 2 of the export cannot be used: the row does not fit its table.": [HEAD, b"[1]"],
    "Line 3 of the export cannot be used: the row does not fit its table.": [HEAD, META, b"[1]"],
    "Line 3 of the export cannot be used: something follows the end.": [HEAD, END, META],
    "Line 2 of the export cannot be used: 0 rows were read, and 1 written.": [HEAD, _line({"rows": 1})],
    "The export is not whole: its last line is missing. Make a new one.": [HEAD, META],
}


@pytest.mark.parametrize("sentence", BAD, ids=lambda each: each[:60])
async def test_what_is_no_export_is_refused(other: Doors, sentence: str) -> None:
    assert await _refusal(other, BAD[sentence]) == sentence


async def test_values_that_do_not_fit_are_refused(other: Doors) -> None:
    columns = ["scope", "client_key", "fingerprint", "message_id", "expires_at"]
    table = _line({"table": "idempotency", "columns": columns})
    assert await _refusal(other, [HEAD, table, _line([1, "k", 7, 1, 1])]) == (
        "Line 3 of the export cannot be used: its bytes are not base64."
    )
    twice = _line(["1", "auto", "auto", 0])
    sentence = await _refusal(other, [HEAD, PHONES, twice, twice, _line({"rows": 2})])
    assert sentence.startswith("A row of phones cannot be written (")


async def test_a_store_that_is_not_empty_takes_nothing(full: Desk, other: Doors) -> None:
    lines = await _lines(full.store)
    await other.account("somebody")
    assert await _refusal(other, lines) == "The store is not empty. Import into a new one."
    assert len(await other.accounts()) == 1


@pytest.mark.parametrize("engine", sorted(ENGINES))
async def test_another_secret_key_is_noticed_at_once(full: Desk, tmp_path: Path, engine: str) -> None:
    folder = tmp_path / "other"
    made = ENGINES[engine](folder, CountedIds(), full.clock, "another key")
    await made.open()
    sentence = await _refusal(made, await _lines(full.store))
    assert sentence.startswith("The secret key is not the one the export was written with.")
    # Nothing was written: the store is as it was.
    assert (await made.account("demo")).name == "demo"
    await made.close()
    server.drop(folder)


@pytest.mark.parametrize("engine", sorted(ENGINES))
async def test_a_store_half_filled_does_not_open(full: Desk, tmp_path: Path, engine: str) -> None:
    folder = tmp_path / "other"
    made = ENGINES[engine](folder, CountedIds(), full.clock, KEY)
    await made.open()
    lines = await _lines(full.store)
    assert "is not whole" in await _refusal(made, lines[: len(lines) // 2])
    await made.close()
    with pytest.raises(StoreFault) as refused:
        await ENGINES[engine](folder, CountedIds(), full.clock, KEY).open()
    assert str(refused.value).endswith(" was broken off. Make it anew, and import once more.")
    server.drop(folder)
