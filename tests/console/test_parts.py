"""The console's parts without a browser: sessions, figures, what is told."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from parlance.console import trials
from parlance.console.figures import INTERVALS, Figures
from parlance.console.pulse import Pulse
from parlance.console.sessions import INVITED, LIFE, Sessions
from parlance.model.address import phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id, compose
from phones.fakes import NOW, CountedIds, ManualClock


def sessions(clock: ManualClock, token: str = "the admin token") -> Sessions:
    rolls = iter(range(1, 200))
    return Sessions(token, clock, lambda size: next(rolls).to_bytes(size, "big"))


def test_a_session_ends_by_time_by_logging_out_and_with_the_token() -> None:
    clock = ManualClock()
    one = sessions(clock)
    first, second = one.open(), one.open()
    assert one.ends(first) == clock.now() + LIFE
    one.close(first)
    assert one.ends(first) is None
    assert one.ends(second) is not None
    assert sessions(clock, "another token").ends(second) is None
    assert sessions(clock).ends(second) is not None
    clock.time += LIFE
    assert one.ends(second) is None


def test_a_session_cannot_be_prolonged_by_hand() -> None:
    one = sessions(ManualClock())
    until, nonce, mac = one.open().split(".")
    assert one.ends(f"{int(until, 16) + 1:x}.{nonce}.{mac}") is None


def test_a_code_logs_in_once_and_in_time() -> None:
    clock = ManualClock()
    one = sessions(clock)
    used, late = one.invite(), one.invite()
    assert (one.redeem(used), one.redeem(used), one.redeem("")) == (True, False, False)
    clock.time += INVITED
    assert not one.redeem(late)


class Log:
    """An event log, and nothing in the queue."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.kept = list(events)
        self.reads = 0

    async def events(self, after: Id, limit: int, sender_id: Id | None = None) -> Sequence[Event]:
        self.reads += 1
        return [each for each in self.kept if each.id > after][:limit]

    async def clock_offsets(self) -> dict[Id, int]:
        return {}

    async def depths(self) -> Sequence[Any]:
        return [SimpleNamespace(ready=3, unsure=1, oldest=NOW - 5_000), SimpleNamespace(ready=1, unsure=0, oldest=None)]

    async def dead_letters(self) -> int:
        return 2


def event(at: int, place: int, kind: EventKind, took: int = 0, fault: Fault | None = None) -> Event:
    failure = Failure(fault) if fault else None
    customer = Customer(1, phone("972550000222"))
    return Event(compose(at, 1, place), kind, at, 7, "1", compose(at - took, 1, 0), customer, "x", failure=failure)


async def figures(log: Log) -> dict[str, Any]:
    clock = ManualClock()
    clock.time = NOW
    made = Figures(cast("Any", SimpleNamespace(store=log, clock=clock)))
    shown: dict[str, Any] = json.loads(
        bytes((await made.figures(Request({"type": "http", "query_string": b"span=15m", "headers": []}))).body)
    )
    return shown


async def test_figures_are_counted_from_the_log_interval_by_interval() -> None:
    begin = NOW - NOW % 15_000 - 30_000
    log = Log(
        [
            event(begin, 0, EventKind.RECEIVED),
            event(begin, 1, EventKind.SENT, took=40),
            event(begin + 14_999, 0, EventKind.DELIVERED, took=90),
            event(begin + 15_000, 0, EventKind.FAILED, fault=Fault.EXPIRED),
            event(begin + 15_000, 1, EventKind.FAILED, fault=Fault.CARRIER_REFUSED),
        ]
    )
    shown = await figures(log)
    assert len(shown["series"]) == INTERVALS
    first, second, last = shown["series"][-3:]
    assert (first["at"], first["counts"]) == (begin, {"received": 1, "sent": 1, "delivered": 1})
    assert first["queued_ms"] == {"p50": 40, "p95": 40, "most": 40}
    assert first["delivered_ms"] == {"p50": 90, "p95": 90, "most": 90}
    assert (second["counts"], second["queued_ms"]) == ({"expired": 1, "failed": 1}, None)
    assert last["counts"] == {}
    assert (shown["ready"], shown["unsure"], shown["oldest_ms"], shown["dead_letters"]) == (4, 1, 5_000, 2)


async def test_where_too_much_happened_the_first_events_stand_for_all() -> None:
    begin = NOW - NOW % 15_000 - 30_000
    log = Log([event(begin + place, 0, EventKind.SENT) for place in range(7_500)])
    shown = (await figures(log))["series"][-3]
    assert shown["estimated"]
    assert shown["counts"]["sent"] == pytest.approx(15_000, rel=0.01)


async def test_whoever_watches_one_phone_is_told_of_that_one_alone() -> None:
    clock = ManualClock()
    log = Log([])
    pulse = Pulse(cast("Any", log), clock, CountedIds())
    with pulse.watch("972550000222") as one, pulse.watch("972550000999") as other, pulse.watch("") as every:
        log.kept.append(event(NOW + 1_000_000, 0, EventKind.SENT))
        await pulse._look(first=True)
        told = [each.take() for each in (one, other, every)]
        assert [len(each["events"]) for each in told] == [1, 0, 1]
        assert told[0]["events"][0] == {
            "id": f"{log.kept[0].id:016x}",
            "kind": "message.sent",
            "at": NOW + 1_000_000,
            "sender": f"{7:016x}",
            "message": f"{log.kept[0].message_id:016x}",
            "customer": "972550000222",
            "dialect": "x",
        }
        assert one.take() == {"events": [], "missed": False}


async def test_who_cannot_follow_is_told_that_something_was_missed() -> None:
    log = Log([event(NOW + 1_000_000 + place, 0, EventKind.SENT) for place in range(3_000)])
    pulse = Pulse(cast("Any", log), ManualClock(), CountedIds())
    with pulse.watch("") as watcher:
        await pulse._look(first=False)
        told = watcher.take()
        assert (len(told["events"]), told["missed"]) == (200, True)
        reads = log.reads
        assert reads == 4


def test_what_replaces_one_recorded_text_is_not_replaced_by_the_next() -> None:
    assert trials._put("a b c", [("a", "b"), ("b", "c")]) == "b c c"
    assert trials._put("x 12345 123", [("12345", "123"), ("123", "9")]) == "x 123 9"
