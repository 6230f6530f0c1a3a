"""Two gateways in processes of their own: the second one plays the vendor, over real HTTP, with the first one's client.

A contact goes in by one API and out by another, reaches a phone of the second gateway, and everything that is told of
it comes back the same way.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar

import httpx
import pytest

from acceptance.outside import Outside
from acceptance.receiver import Receiver, receiving
from cli.processes import dev
from conformance.cards import card
from conformance.manners import PAIRS, Side
from parlance.contract.provider import Steps
from parlance.contract.vendor import SetsCallback
from parlance.model.address import phone
from parlance.model.message import Contacts, Direction, Message, Stage, Text
from parlance.model.outcome import Incoming, Outcome, Report, Sent, StatusReport
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse

PATIENCE = 10.0
T = TypeVar("T")
numbers = count(972_771_000_001)
customers = count(972_541_000_001)


@dataclass
class Program:
    """A program that was written for a vendor: it sends as that one's programs do, and hears what they are told."""

    side: Side
    route: Route
    http: httpx.Client
    told: Receiver
    heard: list[Report] = field(default_factory=list)

    def send(self, message: Message) -> Outcome:
        return self._drive(self.side.carrier.send(message, self.route))

    def _drive(self, steps: Steps) -> Outcome:
        try:
            step = next(steps)
            while True:
                asked = step.request
                answer = self.http.request(
                    asked.method, asked.url, content=asked.body, headers=dict(asked.headers), follow_redirects=False
                )
                headers = {name.lower(): value for name, value in answer.headers.items()}
                step = steps.send(WireResponse(answer.status_code, answer.content, headers))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome

    def hears(self, right: Callable[[Report], T | None]) -> T:
        """Wait for a report that is the right one, and give what was looked for in it."""
        until = time.monotonic() + PATIENCE
        while True:
            for told in self.told.take(len(self.told.told)):
                request = WireRequest("POST", "/hook", told.headers, told.body, received_at=int(time.time() * 1000))
                assert self.side.carrier.authentic(request, self.route)
                self.heard += self.side.carrier.hear(request, self.route).reports
            found = next((found for report in self.heard if (found := right(report)) is not None), None)
            if found is not None:
                return found
            assert time.monotonic() < until, f"it was never told: {self.heard}"
            time.sleep(0.005)


def text_of(report: Report) -> str | None:
    return report.content.body if isinstance(report, Incoming) and isinstance(report.content, Text) else None


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outside, Outside]]:
    """Ours, and the one that plays every vendor."""
    with ExitStack() as stack:
        found = []
        for name in ("ours", "vendor"):
            process = stack.enter_context(dev(tmp_path_factory.mktemp("loopback") / name))
            headers = {"authorization": f"Bearer {process.facts['admin_token']}"}
            http = stack.enter_context(httpx.Client(base_url=process.facts["url"], headers=headers, timeout=30))
            found.append(Outside(process, http))
        yield found[0], found[1]


def enrol(at: Outside, number: str) -> dict[str, Any]:
    made: dict[str, Any] = at.call("POST", "/admin/v1/senders", json={"number": number, "account": f"of {number}"})
    return made


def listen(at: Outside, number: str, dialect: str, url: str, secret: str) -> None:
    wanted = {"sender": number, "dialect": dialect, "url": url, "secret": secret, "statuses": "all"}
    at.call("POST", "/admin/v1/subscriptions", json=wanted)


def connect(ours: Outside, vendor: Outside, number: str, carrier: Side) -> None:
    """Lead a sender through the vendor, as an operator does: where the vendor has a call for callbacks, by that."""
    settings, secret = carrier.manners.route(
        enrol(vendor, number)["credentials"][carrier.name], vendor.gateway.facts["url"]
    )
    calls = isinstance(carrier.carrier, SetsCallback)
    wanted = {"carrier": carrier.name, "settings": settings, "set_callback": calls}
    route = ours.call("POST", f"/admin/v1/senders/{number}/routes", json=wanted)
    assert route["callback"]["state"] == ("set" if calls else "by_hand"), route
    if not calls:
        listen(vendor, number, carrier.name, route["callback_url"], secret)


@pytest.mark.parametrize(("dialect", "carrier"), PAIRS)
def test_a_contact_crosses_two_gateways_and_all_that_is_said_of_it_comes_back(
    gateways: tuple[Outside, Outside], dialect: str, carrier: str
) -> None:
    ours, vendor = gateways
    number, dana = str(next(numbers)), str(next(customers))
    made = enrol(ours, number)
    phones = ours if carrier == "sandbox" else vendor
    if phones is vendor:
        connect(ours, vendor, number, Side(carrier))
    with receiving() as receiver, httpx.Client(timeout=30) as http:
        settings, secret = Side(dialect).manners.route(made["credentials"][dialect], ours.facts["url"])
        listen(ours, number, dialect, receiver.url, secret)
        program = Program(Side(dialect), Route(0, 0, dialect, number, settings), http, receiver)
        writes = f"/sandbox/v1/phones/{dana}/messages"
        phones.call("POST", writes, json={"to": number, "text": "Who cuts hair?", "name": "Dana"})
        asked = program.hears(lambda report: report if text_of(report) == "Who cuts hair?" else None)
        assert isinstance(asked, Incoming)
        assert (asked.peer.value, asked.name) == (dana, "Dana")

        content = Contacts((card("Noa Levi", "972527654321"),))
        message = Message(next(numbers), Direction.OUT, 1, 1, number, phone(dana), content, "", 0)
        taken = program.send(replace(message))
        assert isinstance(taken, Sent)
        shown = phones.wait(dana, type="contacts", sender=number)
        (came,) = shown["contacts"]
        assert came["formatted"] == "Noa Levi"
        assert ["".join(filter(str.isdecimal, each["phone"])) for each in came["phones"]] == ["972527654321"]

        def reached(stage: Stage) -> Callable[[Report], StatusReport | None]:
            def right(report: Report) -> StatusReport | None:
                mine = isinstance(report, StatusReport) and report.external_id == taken.external_id
                return report if mine and report.stage is stage else None  # type: ignore[return-value, union-attr]

            return right

        program.hears(reached(Stage.DELIVERED))
        phones.call("POST", f"/sandbox/v1/phones/{dana}/read", json={"message": shown["id"]})
        program.hears(reached(Stage.READ))
        phones.call("POST", writes, json={"to": number, "text": "Thank you", "quote": shown["id"]})
        program.hears(lambda report: report if text_of(report) == "Thank you" else None)
