"""Taking messages in."""

import asyncio
from typing import NoReturn

import pytest

from parlance.contract.moments import Facts, Judge, Pending, Verdict, Waiting
from parlance.contract.views import MessageFilter
from parlance.formats.people import user_id
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Contacts, Direction, Message, Receipt, Stage, Template, Text
from parlance.model.sender import TemplateRecord
from store.desk import DANA, DAY, NOW, Desk, allow, quote


def watching(seen: list[Facts]) -> Judge:
    """A judge who lets everything in and writes down what there was to go by."""

    def judge(facts: Facts) -> Verdict:
        seen.append(facts)
        return Verdict()

    return judge


async def test_an_accepted_message_is_stored_as_it_came_and_waits(desk: Desk) -> None:
    content = Contacts((ContactCard("Dana Levi", first="Dana", phones=(Phone("+972501234567", "CELL"),)),))
    draft = desk.draft(content, refs={"ref": "7", "deep": {"a": [1]}}, dropped=("cards[0].birthday",), at=NOW + 5)
    stored = await desk.store.accept(draft, lambda _: Verdict(window_until=NOW + DAY))
    assert not stored.repeated
    message = stored.message
    assert message == Message(
        draft.id,
        Direction.OUT,
        desk.sender.id,
        message.customer_id,
        "972770000111",
        DANA,
        content,
        "one",
        NOW + 5,
        refs={"ref": "7", "deep": {"a": [1]}},
        window_until=NOW + DAY,
        dropped=("cards[0].birthday",),
    )
    assert await desk.store.message(draft.id) == message
    assert await desk.store.pending(desk.sender.id, 0, 10) == [
        Pending(draft.id, desk.sender.id, message.customer_id, Waiting.READY, NOW, NOW + DAY, dialect="one")
    ]
    assert await desk.store.busy_senders() == [desk.sender.id]


async def test_the_verdict_may_put_other_content_in_place(desk: Desk) -> None:
    draft = desk.draft(Template("hello"))
    resolved = Template("hello", "en_US")
    stored = await desk.store.accept(draft, lambda _: Verdict(content=resolved))
    assert stored.message.content == resolved
    assert (await desk.message(draft.id)).content == resolved


async def test_every_form_of_an_address_is_one_customer(desk: Desk) -> None:
    first = await desk.accept(to=phone("5511987654321"))
    short = await desk.accept(to=phone("551187654321"))
    ours = Address(AddressKind.USER, user_id(desk.account.id, phone("551187654321")))
    by_user_id = await desk.accept(to=ours)
    other = await desk.accept(to=phone("5511987654322"))
    assert short.customer_id == by_user_id.customer_id == first.customer_id
    assert other.customer_id != first.customer_id
    assert short.peer == phone("551187654321")


async def test_the_judge_sees_when_the_customer_last_wrote(desk: Desk) -> None:
    seen: list[Facts] = []
    judge = watching(seen)
    await desk.store.accept(desk.draft(), judge)
    await desk.write("in-1", at=NOW - 7)
    await desk.store.accept(desk.draft(), judge)
    await desk.store.accept(desk.draft(to=phone("972500000009")), judge)
    assert seen == [Facts(), Facts(last_written=NOW - 7), Facts()]


async def test_a_quote_is_known_only_in_its_own_chat(desk: Desk) -> None:
    seen: list[Facts] = []

    mine = await desk.accept()
    theirs = await desk.accept(to=phone("972500000009"))
    for quoted in (mine, theirs):
        await desk.store.accept(desk.draft(quote=quote(quoted)), watching(seen))
    assert [facts.quote_known for facts in seen] == [True, False]


async def test_the_judge_sees_the_templates_of_that_name_in_this_account(desk: Desk) -> None:
    other = await desk.store.account("other")
    record = TemplateRecord(0, desk.account.id, "hello", "en_US", "UTILITY", "approved", "Hello {{1}}")
    for each in (record, TemplateRecord(0, other.id, "hello", "he", "UTILITY", "approved", "x")):
        await desk.store.add_template(each)
    seen: list[Facts] = []
    await desk.store.accept(desk.draft(Template("hello", "en_US")), watching(seen))
    assert [template.body for template in seen[0].templates] == ["Hello {{1}}"]


async def test_what_the_judge_refuses_leaves_nothing_behind(desk: Desk) -> None:
    def refuse(_: Facts) -> NoReturn:
        raise Refusal(Fault.WINDOW_CLOSED, "to")

    with pytest.raises(Refusal) as refused:
        await desk.store.accept(desk.draft(key="k", fingerprint=b"1"), refuse)
    assert (refused.value.fault, refused.value.field) == (Fault.WINDOW_CLOSED, "to")
    assert await desk.store.messages(MessageFilter()) == []
    assert await desk.store.busy_senders() == []
    # The refusal did not use up the key.
    assert not (await desk.store.accept(desk.draft(key="k", fingerprint=b"2"), allow)).repeated


async def test_a_repeat_under_the_same_key_is_the_first_message(desk: Desk) -> None:
    first = await desk.store.accept(desk.draft(key="k", key_scope=5, fingerprint=b"f"), allow)
    again = await desk.store.accept(desk.draft(Text("x"), key="k", key_scope=5, fingerprint=b"f"), allow)
    assert again.repeated
    assert again.message == first.message
    assert await desk.waiting() == [(first.message.id, "ready")]


async def test_other_content_under_the_same_key_is_refused(desk: Desk) -> None:
    await desk.store.accept(desk.draft(key="k", key_scope=5, fingerprint=b"f"), allow)
    with pytest.raises(Refusal) as refused:
        await desk.store.accept(desk.draft(key="k", key_scope=5, fingerprint=b"g"), allow)
    assert refused.value.fault is Fault.DUPLICATE
    assert not (await desk.store.accept(desk.draft(key="k", key_scope=6, fingerprint=b"g"), allow)).repeated


async def test_repeats_at_the_same_moment_make_one_message(desk: Desk) -> None:
    drafts = [desk.draft(key="k", fingerprint=b"f") for _ in range(20)]
    stored = await asyncio.gather(*(desk.store.accept(draft, allow) for draft in drafts))
    assert {each.message.id for each in stored} == {drafts[0].id}
    assert [each.repeated for each in stored] == [False] + [True] * 19


async def test_a_key_lives_seven_days(desk: Desk) -> None:
    await desk.store.accept(desk.draft(key="k", fingerprint=b"f"), allow)
    desk.clock.millis = NOW + 7 * DAY - 1
    await desk.store.sweep(desk.clock.now())
    assert (await desk.store.accept(desk.draft(key="k", fingerprint=b"f"), allow)).repeated
    desk.clock.millis = NOW + 7 * DAY
    assert not (await desk.store.accept(desk.draft(key="k", fingerprint=b"other"), allow)).repeated
    desk.clock.millis = NOW + 20 * DAY
    await desk.store.sweep(desk.clock.now())
    assert not (await desk.store.accept(desk.draft(key="k", fingerprint=b"third"), allow)).repeated


async def test_a_doomed_message_is_taken_and_comes_doomed_to_its_claim(desk: Desk) -> None:
    doom = Failure(Fault.WINDOW_CLOSED, "470", "too late")
    stored = await desk.store.accept(desk.draft(), lambda _: Verdict(doomed=doom))
    assert [row.doomed for row in await desk.store.pending(desk.sender.id, 0, 1)] == [True]
    (claimed,) = await desk.store.claim(desk.sender, [stored.message.id], NOW, mark=True)
    assert stored.doomed
    assert claimed.doomed == doom
    assert stored.message.stage is Stage.ACCEPTED


async def test_pending_pages_by_id(desk: Desk) -> None:
    messages = [await desk.accept() for _ in range(5)]
    page = await desk.store.pending(desk.sender.id, messages[1].id, 2)
    assert [row.message_id for row in page] == [messages[2].id, messages[3].id]


async def test_a_receipt_is_accepted_like_any_message(desk: Desk) -> None:
    incoming = await desk.write("in-1")
    receipt = await desk.accept(Receipt(incoming.id))
    assert await desk.waiting() == [(receipt.id, "ready")]
