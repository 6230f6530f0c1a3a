"""How a route fares, by its last tries and what was told of it."""

from dataclasses import replace
from typing import Any

import pytest

from parlance.console.condition import route_condition
from parlance.contract.views import Attempt
from parlance.model.event import Event, EventKind
from parlance.model.ids import compose
from parlance.model.sender import Route

NOW = 1_800_000_000_000
ROUTE = Route(7, 1, "bus", "972770000111")


def tried(*outcomes: str, **more: Any) -> list[Attempt]:
    """Tries at one message each, the latest first, a second apart."""
    return [
        replace(Attempt(100 - place, 7, NOW - 1_000 * place, outcome, None, f"detail {place}"), **more)
        for place, outcome in enumerate(outcomes)
    ]


def told(state: str, at: int) -> Event:
    return Event(compose(at, 0, 1), EventKind.STATE, at, 1, "972770000111", state=state)


def test_a_route_that_was_never_used_is_new() -> None:
    assert route_condition(ROUTE, [], [], None) == {
        "state": "new",
        "why": "",
        "since": None,
        "messages": 0,
        "unanswered": 0,
        "last_at": None,
        "until": None,
    }


@pytest.mark.parametrize(
    ("outcomes", "state", "unanswered"),
    [
        (["sent", "refused", "sent"], "ok", 0),
        (["busy", "sent", "sent", "sent", "sent"], "ok", 1),
        (["busy", "never_left", "sent", "sent", "sent", "sent", "sent", "sent"], "ok", 2),
        (["unsure", "busy", "never_left", *["sent"] * 17], "degraded", 3),
        (["sent", "busy", "sent", "busy", "sent"], "degraded", 2),
        (["never_left"], "degraded", 1),
        (["sent", *["busy"] * 5, *["sent"] * 14, *["busy"] * 9], "ok", 5),
    ],
)
def test_what_gets_no_answer_degrades_a_route_when_it_is_more_than_a_few(
    outcomes: list[str], state: str, unanswered: int
) -> None:
    found = route_condition(ROUTE, tried(*outcomes), [], None)
    assert (found["state"], found["unanswered"], found["last_at"]) == (state, unanswered, NOW)


def test_why_and_since_when() -> None:
    tries = tried("busy", "unsure", "never_left", *["sent"] * 9)
    tries[0] = replace(tries[0], status=503, detail="try again")
    found = route_condition(ROUTE, tries, [], None)
    assert (found["why"], found["since"]) == ("try again (HTTP 503)", NOW - 2_000)
    tries[0] = replace(tries[0], detail="answered 503")
    assert route_condition(ROUTE, tries, [], None)["why"] == "answered 503"


def test_one_message_tried_again_and_again_counts_once() -> None:
    tries = [*tried("never_left", "never_left", "never_left", message_id=5), *tried(*["sent"] * 9)]
    found = route_condition(ROUTE, tries, [], None)
    assert (found["state"], found["unanswered"], found["messages"]) == ("ok", 1, 10)


def test_a_held_route_says_why_and_since_when() -> None:
    states = [told("stalled", NOW - 1), told("held", NOW - 5_000), told("working", NOW - 9_000)]
    found = route_condition(replace(ROUTE, held="no credit"), tried("sent"), states, NOW + 1)
    assert (found["state"], found["why"], found["since"]) == ("held", "no credit", NOW - 5_000)
    assert route_condition(replace(ROUTE, held="no credit"), [], [], None)["since"] is None


def test_a_cooling_route_says_until_when() -> None:
    found = route_condition(ROUTE, tried("busy", "busy"), [], NOW + 30_000)
    assert (found["state"], found["until"], found["why"]) == ("cooling", NOW + 30_000, "detail 0")
