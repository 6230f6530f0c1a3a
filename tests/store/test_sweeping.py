"""What time takes away, and what it must leave."""

from itertools import count

import pytest

from parlance.contract.keeping import Retention
from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.views import MessageFilter
from parlance.formats.canonical import dump_content, load_content
from parlance.model.contact import ContactCard
from parlance.model.ids import Id, compose
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Location,
    Media,
    Message,
    Reaction,
    Receipt,
    Stage,
    Template,
    Text,
    Unknown,
)
from parlance.store import erasing, sweeping
from parlance.store.erasing import blank
from store.desk import DANA, DAY, NOW, CountedIds, Desk, StoppedClock

PAYLOAD, METADATA = Retention(payload=7 * DAY), Retention(metadata=40 * DAY)


class DatedIds(CountedIds):
    """Ids that say when they were minted."""

    def __init__(self, clock: StoppedClock) -> None:
        super().__init__()
        self._clock = clock
        self._number = count(1)

    def mint(self) -> Id:
        return compose(self._clock.now(), 0, 0) + next(self._number)


@pytest.fixture
def ids(clock: StoppedClock) -> DatedIds:
    return DatedIds(clock)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_STEP", 2)


async def _sent(desk: Desk, name: str, content: Content | None = None) -> Message:
    message = await desk.accept(content or Text(f"secret {name}"), refs={"ref": f"private {name}"})
    await desk.send(message, f"w-{name}")
    return message


async def _tell_all(desk: Desk) -> None:
    """Everything that is due is told."""
    due = await desk.store.deliveries(DeliveryFilter(state="due"))
    await desk.store.delivered(
        [DeliveryResult(each.subscription_id, each.number, DeliveryState.DONE, NOW, 200) for each in due]
    )


async def test_after_payload_days_nothing_is_left_of_what_was_said(desk: Desk) -> None:
    await desk.subscribe()
    messages = [await _sent(desk, str(number)) for number in range(5)]
    incoming = await desk.write("in-1", Text("secret answer"), name="Dana")
    quiet = await desk.accept()
    await desk.store.cancel(desk.sender.id, [quiet.id], NOW, NOW)
    await _tell_all(desk)
    before = [await desk.store.history(message.id) for message in messages]
    await desk.store.sweep(NOW + 7 * DAY, PAYLOAD)
    assert (await desk.message(messages[0].id)).content == Text("secret 0"), "it is not older than that"
    desk.clock.millis = NOW + 7 * DAY + 1
    young = await _sent(desk, "young")
    await desk.store.sweep(desk.clock.now(), PAYLOAD)
    for message in (*messages, incoming, quiet):
        found = await desk.message(message.id)
        assert (found.content, found.refs) == (Text(""), {})
    assert (await desk.message(young.id)).content == Text("secret young")
    told = [event for event in await desk.store.events(0, 100) if event.message_id != young.id]
    assert len(told) == 11
    assert [(event.content or Text("")).kind for event in told] == ["text"] * 11
    assert "secret" not in repr(told)
    assert "private" not in repr(told)
    # What happened when stays as it was.
    assert [[moment.what for moment in await desk.store.history(message.id)] for message in messages] == [
        [moment.what for moment in each] for each in before
    ]
    assert found.customer_id


async def test_the_next_sweep_goes_on_where_the_last_one_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    subscription = await desk.subscribe()
    for number in range(3):
        await _sent(desk, str(number))
    waiting = await desk.accept(Text("secret that waits"))
    await _tell_all(desk)
    undelivered = await _sent(desk, "undelivered")
    last = await _sent(desk, "last")
    due = await desk.store.deliveries(DeliveryFilter(state="due"))
    mine = [each for each in due if each.event.message_id == last.id]
    await desk.store.delivered(
        [DeliveryResult(subscription.id, each.number, DeliveryState.DONE, NOW, 200) for each in mine]
    )
    now = desk.clock.millis = NOW + 30 * DAY
    await desk.store.sweep(now, PAYLOAD)
    # What is not settled, and what must still be told, stays whole; what came after it does not.
    assert (await desk.message(waiting.id)).content == Text("secret that waits")
    assert (await desk.message(undelivered.id)).content == Text("secret undelivered")
    assert (await desk.message(last.id)).content == Text("")
    (due_first, *_) = await desk.store.due_deliveries(subscription.id, now, 10)
    assert due_first.event.content == Text("secret undelivered")
    silenced: list[int] = []
    silence = erasing.silence

    def counted(con: object, messages: list[object], events: list[object]) -> None:
        silenced.extend(message.id for message in messages)  # type: ignore[attr-defined]
        silence(con, messages, events)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "silence", counted)
    await desk.store.cancel(desk.sender.id, None, now, now)
    await _tell_all(desk)
    await desk.store.sweep(now, PAYLOAD)
    assert silenced == [waiting.id, undelivered.id, last.id], "the first three were done"
    assert (await desk.message(waiting.id)).content == Text("")
    silenced.clear()
    await desk.store.sweep(now, PAYLOAD)
    assert silenced == []


async def test_after_metadata_days_nothing_is_left_at_all(desk: Desk) -> None:
    subscription = await desk.subscribe()
    old = [await _sent(desk, str(number)) for number in range(5)]
    await desk.status("w-0", Stage.DELIVERED)
    incoming = await desk.write("in-1")
    key = await desk.accept(Text("keyed"), key="k", fingerprint=b"f")
    await desk.send(key, "w-key")
    await _tell_all(desk)
    waiting = await desk.accept()
    undelivered = await _sent(desk, "undelivered")
    now = desk.clock.millis = NOW + 41 * DAY
    young = await _sent(desk, "young")
    await desk.store.sweep(now, METADATA)
    left = {message.id for message in await desk.store.messages(MessageFilter())}
    assert left == {waiting.id, undelivered.id, young.id}
    for message in (*old, incoming, key):
        assert await desk.store.message(message.id) is None
        assert await desk.store.history(message.id) == []
    assert await desk.store.message_by_external(desk.sender.route.id, "w-0") is None
    found = await desk.store.message_by_external(desk.sender.route.id, "w-undelivered")
    assert found is not None
    told = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id, limit=1000))
    assert {each.event.message_id for each in told} == {undelivered.id, young.id}
    # A customer goes on to be who they were, and may write again.
    assert (await desk.write("in-2")).customer_id == incoming.customer_id


async def test_events_of_senders_go_with_the_messages(desk: Desk) -> None:
    from parlance.model.outcome import StateReport  # noqa: PLC0415

    await desk.hear(StateReport("authorized", NOW))
    await desk.subscribe()
    await desk.hear(StateReport("yellowCard", NOW))
    assert len(await desk.store.events(0, 10)) == 2
    desk.clock.millis = NOW + 41 * DAY
    await desk.store.sweep(desk.clock.now(), METADATA)
    (left,) = await desk.store.events(0, 10)
    assert left.state == "yellowCard", "it is still due"
    await _tell_all(desk)
    await desk.store.sweep(desk.clock.now(), METADATA)
    assert await desk.store.events(0, 10) == []


async def test_carriers_ids_are_known_for_thirty_days(desk: Desk) -> None:
    message = await _sent(desk, "x")
    await desk.store.sweep(NOW + 30 * DAY, Retention(metadata=DAY))
    await desk.status("w-x", Stage.READ)
    assert await desk.stage(message) is Stage.READ
    await desk.store.sweep(NOW + 30 * DAY + 1, Retention(metadata=DAY))
    assert await desk.store.message(message.id) is None


async def test_open_windows_stay(desk: Desk) -> None:
    first = await desk.write("in-1")
    desk.clock.millis = NOW + 41 * DAY
    second = await desk.write("in-2", peer=DANA.__class__(DANA.kind, "972500000009"))
    await desk.store.sweep(desk.clock.now(), METADATA)
    number = desk.sender.number
    assert await desk.store.last_written(desk.sender.id, number, first.customer_id) is None
    assert await desk.store.last_written(desk.sender.id, number, second.customer_id) == desk.clock.now()


async def test_without_retention_everything_stays(desk: Desk) -> None:
    message = await _sent(desk, "x")
    await desk.store.sweep(NOW + 10_000 * DAY)
    assert (await desk.message(message.id)).content == Text("secret x")


async def test_what_was_accepted_for_a_removed_sender_ends(desk: Desk) -> None:
    message = await desk.accept()

    def gone(con: object) -> None:
        con.execute("DELETE FROM senders WHERE id = ?", (desk.sender.id,))  # type: ignore[attr-defined]

    # Another node, which had not heard of the removal, accepted it in between.
    await desk.store._write(gone)
    await desk.store.sweep(NOW)
    assert await desk.stage(message) is Stage.CANCELLED
    assert await desk.store.busy_senders() == []


CONTENTS: list[tuple[Content, Content]] = [
    (Text("x", preview=True), Text("")),
    (Contacts((ContactCard("Dana"),)), Contacts(())),
    (Template("hello", "en_US", ()), Template("hello", "en_US")),
    (Reaction(5, "x", "w"), Reaction(5, "")),
    (Receipt(5), Receipt(5)),
    (Media("image", "u", "c", "m", "f"), Media("image")),
    (Location("1.5", "2.5", "n", "a"), Location("0", "0")),
    (Choice("button", "i", "t", "d"), Choice("button", "", "")),
    (Unknown("order", {"a": 1}), Unknown("order")),
]


@pytest.mark.parametrize(("content", "silent"), CONTENTS, ids=lambda each: each.kind)
def test_each_kind_of_content_stays_what_it_is(content: Content, silent: Content) -> None:
    assert load_content(blank(dump_content(content).decode())) == silent
