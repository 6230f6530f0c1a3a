"""Unique secrets and texts go through every door; nothing that others may read has any of them afterwards."""

import json
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from acceptance.outside import HELLO
from acceptance.receiver import receiving
from parlance.model.wire import WireRequest
from parlance.providers import discover
from safety.gateways import Watched, watched
from safety.vendor import Parrot, parrot
from safety.wires import place_of

PROVIDERS = discover()
DIALECTS = {name: each.dialect for name, each in PROVIDERS.items() if each.dialect is not None}
VENDORS = {
    name: each.carrier
    for name, each in PROVIDERS.items()
    if each.carrier is not None and any(setting.required for setting in each.carrier.settings)
}
STATUSES = (200, 400, 401, 500)


@dataclass
class Marks:
    """What must not be found: `kept` secrets belong to somebody, `shown` ones were only tried, `texts` were written."""

    kept: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def secret(self) -> str:
        made = f"kept{secrets.token_hex(14)}"
        self.kept.add(made)
        return made

    def guess(self) -> str:
        made = f"shown{secrets.token_hex(14)}"
        self.shown.add(made)
        return made

    def text(self) -> str:
        made = f"text{secrets.token_hex(14)}"
        self.texts.add(made)
        return made

    @property
    def everything(self) -> set[str]:
        return self.kept | self.shown | self.texts


@dataclass
class Tour:
    """What the gateway let be seen of it all."""

    marks: Marks
    refusals: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    figures: str = ""
    health: str = ""
    log: str = ""
    database: bytes = b""

    def note(self, answer: httpx.Response, *, refused: bool = False) -> httpx.Response:
        """Keep an answer that says no."""
        if refused or answer.status_code >= 400:
            self.refusals.append(f"{answer.request.method} {answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer


def replaced(request: WireRequest, old: str, new: str) -> WireRequest:
    """The same request with something else in the place of a value, wherever it stands."""
    headers = {name: value.replace(old, new) for name, value in request.headers.items()}
    body = request.body.replace(old.encode(), new.encode())
    return WireRequest(request.method, request.url.replace(old, new), headers, body)


def texted(request: WireRequest, marks: Marks) -> WireRequest:
    """The same request saying something that must not be found."""
    for words in (HELLO, "Dana Example", "Mara Example"):
        request = replaced(request, words, marks.text())
    return request


def perform(gateway: Watched, tour: Tour, request: WireRequest, *, refused: bool = False) -> httpx.Response:
    sent = gateway.http.request(request.method, request.url, content=request.body, headers=dict(request.headers))
    return tour.note(sent, refused=refused)


def long(issued: Mapping[str, Any]) -> set[str]:
    """The values among credentials that are secrets, and no ids."""
    return {str(value) for value in issued.values() if len(str(value)) > 20}


# ---- the ways


def send_in_every_dialect(gateway: Watched, tour: Tour) -> None:
    """Rightly, with a wrong secret, with a body that is none, to nobody, and too much."""
    for name, dialect in DIALECTS.items():
        issued = gateway.facts["credentials"][name]
        tour.marks.kept |= long(issued)
        for request in dialect.example(issued, gateway.customer):
            assert "parlance-message-id" in perform(gateway, tour, texted(request, tour.marks)).headers
            for secret in long(issued):
                wrong = replaced(texted(request, tour.marks), secret, tour.marks.guess())
                if wrong != request:
                    perform(gateway, tour, wrong, refused=True)
            body = texted(request, tour.marks).body
            for bad in (body[:-2], b"[" + body, body.replace(b'"', b"'"), b"\xff" + body, body * 20_000):
                broken = WireRequest(request.method, request.url, request.headers, bad)
                perform(gateway, tour, broken, refused=True)
            unknown = replaced(texted(request, tour.marks), gateway.customer, "15550000999")
            perform(gateway, tour, unknown, refused=True)


def ask_what_is_nowhere(gateway: Watched, tour: Tour) -> None:
    for path in (
        "/whatsapp/v2/{}",
        "/api/v1/whatsapp/{}",
        "/v25.0/{}/messages",
        "/{}",
        "/callbacks/sandbox/{}",
        "/docs/{}",
    ):
        for verb in ("GET", "POST", "PUT"):
            url = f"{path.format(tour.marks.guess())}?access_token={tour.marks.guess()}"
            tour.note(gateway.http.request(verb, url, content=tour.marks.text(), headers={"authorization": ""}))


def administer(gateway: Watched, tour: Tour, hook: str) -> None:
    """Keys, senders, subscriptions, settings: right ones, wrong ones, and with tokens that open nothing."""
    marks, http = tour.marks, gateway.http
    marks.kept |= {str(gateway.facts["admin_token"]), str(gateway.facts["webhook_secret"])}
    key = gateway.call("POST", "/admin/v1/keys", json={"name": "ci"})["token"]
    marks.kept.add(key)
    tour.note(http.post("/admin/v1/senders", json={"number": "1"}, headers={"authorization": f"Bearer {key}"}))
    for verb, path in (("GET", "/admin/v1/senders"), ("POST", "/sandbox/v1/clock"), ("POST", "/console/login")):
        guess = {"authorization": f"Bearer {marks.guess()}", "cookie": f"session={marks.guess()}"}
        tour.note(http.request(verb, path, headers=guess, content=f"token={marks.guess()}"), refused=True)
    for path, body in (
        ("/admin/v1/senders", {"number": marks.text(), "credentials": {"x.y": marks.guess()}}),
        ("/admin/v1/senders", {"number": "15550001", "carrier": "sandbox", "settings": {"pacing": marks.guess()}}),
        ("/admin/v1/subscriptions", {"sender": gateway.sender, "url": marks.guess(), "dialect": "x"}),
        ("/admin/v1/templates", {"name": "x", "language": 7, "body": marks.text()}),
    ):
        assert tour.note(http.post(path, json=body)).status_code >= 400
    secret, first = marks.secret(), min(DIALECTS)
    subscription = {"sender": gateway.sender, "url": hook, "dialect": first, "secret": secret, "statuses": "all"}
    gateway.call("POST", "/admin/v1/subscriptions", json=subscription)


def write_as_the_customer(gateway: Watched, tour: Tour) -> None:
    gateway.write(gateway.customer, text=tour.marks.text(), name=tour.marks.text())
    tour.note(gateway.http.post(f"/sandbox/v1/phones/{gateway.customer}/messages", json={"to": "1", "text": "x"}))


def leave_by_every_vendor(gateway: Watched, tour: Tour, vendor: Parrot) -> None:
    """Send by vendors that repeat what they were told, and let strangers call in their name."""
    for status in STATUSES:
        vendor.status = status
        for place, (name, carrier) in enumerate(VENDORS.items()):
            settings = {each.name: tour.marks.secret() for each in carrier.settings if each.secret}
            settings |= {each.name: "1101000001" for each in carrier.settings if each.required and not each.secret}
            url = next(each.name for each in carrier.settings if each.kind == "url")
            number = f"9727700{status}{place}0"
            body = {"number": number, "account": name, "carrier": name, "settings": {**settings, url: vendor.url}}
            made = gateway.call("POST", "/admin/v1/senders", json=body)
            through_vendor(gateway, tour, made, vendor)
            called_by_strangers(gateway, tour, gateway.call("GET", f"/admin/v1/senders/{made['id']}/routes"))


def through_vendor(gateway: Watched, tour: Tour, made: Any, vendor: Parrot) -> None:
    first = min(DIALECTS)
    tour.marks.kept |= {
        str(each) for shown in made["credentials"].values() for each in shown.values() if len(str(each)) > 20
    }
    before = len(vendor.asked)
    request = texted(DIALECTS[first].example(made["credentials"][first], gateway.customer)[0], tour.marks)
    sent = perform(gateway, tour, request).headers["parlance-message-id"]
    gateway.until(lambda: len(vendor.asked), lambda asked: asked > before)
    tried = gateway.until(
        lambda: gateway.message(sent), lambda found: any(each["what"] == "attempt" for each in found["history"])
    )
    tour.traces.append(json.dumps(tried["history"]) + json.dumps(tried["failure"]))


def called_by_strangers(gateway: Watched, tour: Tour, routes: Any) -> None:
    marks = tour.marks
    for route in routes["items"]:
        path = route["callback_url"].partition("/callbacks/")[2]
        for verb, query in (("POST", ""), ("GET", f"?hub.mode=subscribe&hub.verify_token={marks.guess()}")):
            headers = {"authorization": marks.guess(), "x-hub-signature-256": f"sha256={marks.guess()}"}
            body = {"entry": [{"text": marks.text()}], "hook": marks.text(), "typeWebhook": marks.text()}
            tour.note(gateway.http.request(verb, f"/callbacks/{path}{query}", json=body, headers=headers))
            tour.note(gateway.http.request(verb, f"/callbacks/{path}{query}", content=marks.text(), headers=headers))


def speak_no_http(gateway: Watched, tour: Tour) -> None:
    for words in ("GET /{} HTTP/9\r\n\r\n", "{}\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: x\r\nx: {}\r\n\r\n"):
        with socket.create_connection(place_of(str(gateway.facts["url"])), 10) as wire:
            wire.sendall(words.format(tour.marks.guess()).encode())
            wire.shutdown(socket.SHUT_WR)
            answer = b""
            while part := wire.recv(65_536):
                answer += part
        tour.refusals.append(answer.decode())


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Tour:
    folder = tmp_path_factory.mktemp("secrecy")
    seen = Tour(Marks())
    settings = {"log_json": True, "log_level": "debug", "log_requests": True, "sender_labels": True}
    with parrot() as vendor, receiving() as hook, watched(folder, **settings) as gateway:
        hook.status = 500
        administer(gateway, seen, f"{hook.url}?token={seen.marks.guess()}")
        send_in_every_dialect(gateway, seen)
        ask_what_is_nowhere(gateway, seen)
        write_as_the_customer(gateway, seen)
        leave_by_every_vendor(gateway, seen, vendor)
        speak_no_http(gateway, seen)
        hook.take(1)
        seen.figures = gateway.http.get("/metrics").text
        seen.health = gateway.http.get("/readyz").text + gateway.http.get("/healthz").text
        seen.log = gateway.stop()
        seen.database = b"".join(each.read_bytes() for each in gateway.gateway.data.glob("parlance.db*"))
    return seen


def found(marks: set[str], text: str) -> set[str]:
    return {each for each in marks if each in text}


def test_the_tour_went_everywhere(tour: Tour) -> None:
    assert len(tour.refusals) > 100
    assert len(tour.traces) == len(VENDORS) * len(STATUSES)
    assert (len(tour.marks.kept) > 60, len(tour.marks.shown) > 60, len(tour.marks.texts) > 60) == (True, True, True)
    lines = [json.loads(line) for line in tour.log.splitlines()]
    assert {"request", "the gateway is up"} <= {line["event"] for line in lines}
    assert all(len(line["request"]) == 16 for line in lines if line["event"] == "request")


def test_nothing_is_in_the_log(tour: Tour) -> None:
    assert found(tour.marks.everything, tour.log) == set()


def test_nothing_is_in_what_is_refused(tour: Tour) -> None:
    assert [each for each in tour.refusals if found(tour.marks.everything, each)] == []


def test_nothing_is_in_figures_and_health(tour: Tour) -> None:
    assert "parlance_requests_refused_total" in tour.figures
    assert '"status"' in tour.health
    assert found(tour.marks.everything, tour.figures + tour.health) == set()


def test_no_secret_is_in_the_history_of_messages(tour: Tour) -> None:
    assert [each for each in tour.traces if found(tour.marks.kept, each)] == []


def test_no_secret_is_in_the_database(tour: Tour) -> None:
    written = tour.database.decode("latin-1")
    assert found(tour.marks.texts, written), "the database was not read"
    assert found(tour.marks.kept, written) == set()
