"""`/sandbox/v1` over HTTP, with the real network behind it and the engine's doors in dictionaries."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from parlance.engine.house import Engine
from parlance.model.address import Address, phone
from parlance.model.contact import ContactCard, Organisation, Phone
from parlance.model.event import Customer
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import (
    Choice,
    Component,
    Contacts,
    Content,
    Location,
    Media,
    Parameter,
    Reaction,
    Stage,
    Template,
    Text,
    Unknown,
)
from parlance.model.outcome import Incoming
from parlance.model.sender import Sender, TemplateRecord
from parlance.web import problems
from parlance.web.sandbox import routes
from phones.fakes import NOW, ROUTE, SENDER, SENDER_ID, People, World, settle_down
from phones.test_network import FIRST, exchange
from phones.test_network import a_message as message_to

PHONE = "972501234567"
BASE = f"/sandbox/v1/phones/{PHONE}"
CLOCK = "/sandbox/v1/clock"
TWIN = replace(SENDER, id=SENDER_ID + 1, account="other", number="15550001111")
TWIN_TOO = replace(TWIN, id=SENDER_ID + 2, account="third")
OUTSIDE = replace(SENDER, id=SENDER_ID + 3, number="4477", routes=(replace(ROUTE, carrier="elsewhere"),))


@dataclass
class Doors:
    """What of the engine the sandbox API uses."""

    people: People
    offsets: dict[Id, int] = field(default_factory=dict)
    known: dict[str, Customer] = field(default_factory=dict)

    def read_id(self, text: str) -> Id | None:
        return from_text(text.removeprefix("toy-in-").removeprefix("toy-out-"))

    def show_ids(self, message_id: Id, *, incoming: bool) -> Mapping[str, str]:
        return {"toy": f"toy-{'in' if incoming else 'out'}-{to_text(message_id)}"}

    async def sender(self, sender_id: Id) -> Sender | None:
        return await self.people.sender(sender_id)

    async def senders_of(self, number: str) -> Sequence[Sender]:
        return [each for each in self.people.senders.values() if each.number == number]

    async def templates(self, account_id: Id | None = None, name: str = "") -> Sequence[TemplateRecord]:
        return await self.people.templates(account_id, name)

    async def customer(self, account_id: Id, address: Address) -> Customer | None:
        return self.known.get(address.value)

    async def clock_offsets(self) -> Mapping[Id, int]:
        return self.offsets

    async def move_clock(self, sender_id: Id | None, advance: int) -> None:
        self.offsets[sender_id or 0] = self.offsets.get(sender_id or 0, 0) + advance
        if sender_id:
            sender = self.people.senders[sender_id]
            self.people.senders[sender_id] = replace(sender, clock_offset=sender.clock_offset + advance)

    async def reset_clock(self, sender_id: Id | None) -> None:
        self.offsets.pop(sender_id or 0, None)
        if sender_id:
            self.people.senders[sender_id] = replace(self.people.senders[sender_id], clock_offset=0)


@dataclass
class Site:
    world: World
    doors: Doors
    client: httpx.AsyncClient

    @property
    def heard(self) -> Incoming:
        """The last message a customer wrote, as the gateway heard it."""
        report = self.world.door.reports[-1]
        assert isinstance(report, Incoming)
        return report

    async def write(self, **body: Any) -> httpx.Response:
        return await self.client.post(f"{BASE}/messages", json={"to": SENDER.number, **body})


def site_of(world: World) -> Site:
    world.people.senders |= {each.id: each for each in (TWIN, TWIN_TOO, OUTSIDE)}
    doors = Doors(world.people)
    engine = cast("Engine", SimpleNamespace(store=doors, intake=doors, settle=doors, clock=world.clock))
    app = Starlette(routes=routes(engine, world.phones), exception_handlers=dict(problems.HANDLERS))
    return Site(world, doors, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway"))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = site_of(World())
    async with site.client:
        yield site


def assert_problem(answer: httpx.Response, status: int, *errors: tuple[str, str]) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert [(each["path"], each["kind"]) for each in body.get("errors", [])] == list(errors)
    return body


# ---- writing


async def test_a_customer_writes(site: Site) -> None:
    answer = await site.write(type="text", text="hi", name="Dana")
    assert answer.status_code == 201
    message_id = answer.json()["id"]
    assert answer.json() == {
        "id": message_id,
        "ids": {"toy": f"toy-in-{message_id}"},
        "from": PHONE,
        "to": SENDER.number,
        "sender_id": to_text(SENDER_ID),
        "direction": "in",
        "type": "text",
        "text": "hi",
        "name": "Dana",
        "stage": "delivered",
        "timestamp": NOW // 1000,
    }
    assert (to_text(site.heard.tag or 0), site.heard.content, site.heard.name) == (message_id, Text("hi"), "Dana")


async def test_a_customer_who_gives_no_name_keeps_the_one_they_had(site: Site) -> None:
    assert (await site.write(text="hi")).json()["name"] == f"Phone {PHONE}"
    site.doors.known[PHONE] = Customer(5, phone(PHONE), name="Noa")
    assert (await site.write(text="hi")).json()["name"] == "Noa"
    assert (await site.write(text="hi", name="Dana")).json()["name"] == "Dana"


@pytest.mark.parametrize("to", ["972770000111", "+972770000111", 972770000111, to_text(SENDER_ID)])
async def test_a_sender_is_named_by_number_or_id(site: Site, to: str | int) -> None:
    answer = await site.write(to=to, text="hi")
    assert (answer.status_code, answer.json()["to"]) == (201, SENDER.number)


@pytest.mark.parametrize(("to", "status"), [("999", 404), ("0000000000000001", 404), (TWIN.number, 409), ("4477", 409)])
async def test_a_sender_that_cannot_be_meant_is_refused(site: Site, to: str, status: int) -> None:
    errors = [("to", "unknown_sender")] if status == 404 else []
    assert_problem(await site.write(to=to, text="hi"), status, *errors)
    assert site.world.door.calls == []
    assert (await site.write(to=to_text(TWIN.id), text="hi")).status_code == 201


CARD = ContactCard(
    "Dana Levi", first="Dana", phones=(Phone("+972 50", "CELL", "97250"),), organisation=Organisation("X")
)
DANA = {"formatted": "Dana Levi", "first": "Dana", "phones": [{"phone": "+972 50", "type": "CELL", "wa_id": "97250"}]}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ({"text": "hi"}, Text("hi")),
        ({"type": "text", "text": {"body": "hi"}}, Text("hi")),
        ({"contacts": [{**DANA, "organisation": {"company": "X"}}]}, Contacts((CARD,))),
        (
            {
                "type": "contacts",
                "contacts": [
                    {
                        "name": {"formatted_name": "Dana Levi", "first_name": "Dana"},
                        "phones": DANA["phones"],
                        "org": {"company": "X"},
                    }
                ],
            },
            Contacts((CARD,)),
        ),
        ({"type": "image", "url": "https://x/y", "caption": "see"}, Media("image", "https://x/y", "see")),
        (
            {"type": "document", "document": {"link": "https://x", "filename": "a"}},
            Media("document", "https://x", filename="a"),
        ),
        ({"type": "audio", "mime_type": "audio/ogg"}, Media("audio", mime="audio/ogg")),
        ({"type": "location", "latitude": 32.5, "longitude": "-7", "name": "Dana"}, Location("32.5", "-7")),
        ({"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "Here"}}, Location("1", "2", "Here")),
        ({"type": "button", "text": "Yes", "payload": "YES"}, Choice("button", "YES", "Yes")),
        ({"type": "list_reply", "id": "7", "title": "Row"}, Choice("list_reply", "7", "Row")),
        (
            {"type": "poll", "options": ["a"], "deep": {"x": None}},
            Unknown("poll", {"type": "poll", "options": ["a"], "deep": {"x": None}}),
        ),
    ],
)
async def test_every_kind_of_content_can_be_written(site: Site, body: dict[str, Any], content: Content) -> None:
    answer = await site.write(**body)
    assert answer.status_code == 201, answer.text
    assert site.heard.content == content


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("text", "missing")]),
        ({"text": ""}, [("text", "string_too_short")]),
        ({"text": 5}, [("text", "string_type")]),
        ({"text": "x" * 65_537}, [("text", "string_too_long")]),
        ({"text": "hi", "name": "a\u0000b"}, [("name", "string_pattern_mismatch")]),
        ({"to": None, "text": "hi"}, [("to", "string_type")]),
        ({"type": ["text"], "text": "hi"}, [("type", "string_type")]),
        ({"type": "contacts"}, [("contacts", "missing")]),
        ({"contacts": []}, [("contacts", "too_short")]),
        ({"contacts": ["x"]}, [("contacts.0", "dict_type")]),
        ({"contacts": [{"phones": []}]}, [("contacts.0.formatted", "missing")]),
        ({"contacts": [DANA, {"formatted": "D", "phones": [{}]}]}, [("contacts.1.phones.0.phone", "missing")]),
        (
            {"type": "location", "latitude": "north"},
            [("latitude", "string_pattern_mismatch"), ("longitude", "missing")],
        ),
        ({"type": "image", "image": {"url": 5}}, [("image.url", "string_type")]),
        ({"type": "reaction", "emoji": "x"}, [("message", "missing")]),
    ],
)
async def test_bad_values_are_named(site: Site, body: dict[str, Any], errors: list[tuple[str, str]]) -> None:
    assert_problem(await site.write(**body), 422, *errors)
    assert site.world.book.bubbles == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"to":1e999}', 400),
        (b"[" * 3000, 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b" " * (1 << 20) + b"{}", 413),
    ],
)
async def test_what_is_no_body_is_refused(site: Site, body: bytes, status: int) -> None:
    answer = await site.client.post(f"{BASE}/messages", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", ["abc", "12", "9" * 21, "٩٧٢٥٠١", "972-50"])
async def test_a_phone_has_digits(site: Site, number: str) -> None:
    assert_problem(await site.client.get(f"/sandbox/v1/phones/{number}"), 422, ("number", "digits"))


async def test_a_quote_is_named_in_any_form(site: Site) -> None:
    await exchange(site.world, message_to(PHONE))
    for text in (to_text(FIRST), f"toy-out-{to_text(FIRST)}"):
        answer = await site.write(text="yes", quote=text)
        assert (answer.status_code, answer.json()["quote"]) == (201, to_text(FIRST))
        assert site.heard.quote_external == to_text(FIRST)
    for text in ("nonsense", to_text(FIRST + 1)):
        assert_problem(await site.write(text="yes", quote=text), 422, ("quote", "unknown_quote"))


async def test_a_customer_reacts(site: Site) -> None:
    await exchange(site.world, message_to(PHONE))
    answer = await site.write(type="reaction", message=f"toy-out-{to_text(FIRST)}", emoji="👍")
    assert answer.status_code == 201
    assert answer.json()["reaction"] == {"message": to_text(FIRST), "emoji": "👍"}
    assert site.heard.content == Reaction(FIRST, "👍", to_text(FIRST))
    assert_problem(await site.write(type="reaction", message="x", emoji="👍"), 404, ("message", "unknown_message"))


async def test_a_gateway_that_cannot_store_says_so(site: Site) -> None:
    site.world.door.answers = [503]
    assert assert_problem(await site.write(text="hi"), 503)["fault"] == "unavailable"


# ---- the screen


async def test_the_screen_shows_what_came(site: Site) -> None:
    cards = Contacts((CARD, ContactCard("Noam", phones=(Phone("1"),))))
    await exchange(site.world, message_to(PHONE, FIRST, cards))
    await exchange(site.world, message_to(PHONE, FIRST + 1, Text("hi"), quote=FIRST))
    answer = await site.client.get(f"{BASE}/messages")
    assert answer.status_code == 200
    first, second = answer.json()
    assert first == {
        "id": to_text(FIRST),
        "ids": {"toy": f"toy-out-{to_text(FIRST)}"},
        "from": SENDER.number,
        "to": PHONE,
        "sender_id": to_text(SENDER_ID),
        "direction": "out",
        "type": "contacts",
        "contacts": [
            {**DANA, "organisation": {"company": "X"}, "emails": [], "addresses": [], "urls": [], "button": "message"},
            {
                "formatted": "Noam",
                "phones": [{"phone": "1"}],
                "emails": [],
                "addresses": [],
                "urls": [],
                "button": "invite",
            },
        ],
        "stage": "delivered",
        "timestamp": NOW // 1000,
    }
    assert (second["text"], second["quote"]) == ("hi", to_text(FIRST))


async def test_a_template_is_shown_filled_in(site: Site) -> None:
    record = TemplateRecord(1, SENDER.account_id, "greeting", "en", "UTILITY", "approved", "Hello {{1}}")
    site.world.people.records = [record]
    template = Template("greeting", "en", (Component("body", (Parameter("text", "Dana"),)),))
    await exchange(site.world, message_to(PHONE, FIRST, template))
    (shown,) = (await site.client.get(f"{BASE}/messages")).json()
    assert (shown["type"], shown["text"], shown["template"]["name"]) == ("template", "Hello Dana", "greeting")


async def test_the_screen_is_filtered(site: Site) -> None:
    for place in range(3):
        await exchange(site.world, message_to(PHONE, FIRST + place))

    async def ids(**query: Any) -> list[int]:
        answer = await site.client.get(f"{BASE}/messages", params=query)
        assert answer.status_code == 200, answer.text
        return [int(each["id"], 16) - FIRST for each in answer.json()]

    assert await ids() == [0, 1, 2]
    assert await ids(after=to_text(FIRST)) == [1, 2]
    assert await ids(after=f"toy-out-{to_text(FIRST + 1)}") == [2]
    assert await ids(limit=2) == [0, 1]
    assert await ids(sender=SENDER.number) == [0, 1, 2]
    assert await ids(sender=to_text(TWIN.id)) == []


@pytest.mark.parametrize(
    ("query", "status", "errors"),
    [
        ("after=zz", 422, [("after", "id_type")]),
        ("limit=0", 422, [("limit", "greater_than_equal")]),
        ("limit=1001", 422, [("limit", "less_than_equal")]),
        ("limit=x", 422, [("limit", "int_parsing")]),
        ("sender=999", 404, [("sender", "unknown_sender")]),
    ],
)
async def test_a_bad_filter_is_named(site: Site, query: str, status: int, errors: list[tuple[str, str]]) -> None:
    assert_problem(await site.client.get(f"{BASE}/messages?{query}"), status, *errors)


# ---- waiting


async def test_waiting_answers_when_it_comes(site: Site) -> None:
    waiting = asyncio.create_task(
        site.client.get(f"{BASE}/wait?contains=two&type=text&sender={SENDER.number}&timeout=60")
    )
    await settle_down()
    await exchange(site.world, message_to(PHONE, FIRST, Text("one")))
    await exchange(site.world, message_to(PHONE, FIRST + 1, Text("two")))
    answer = await waiting
    assert (answer.status_code, answer.json()["text"]) == (200, "two")
    after = await site.client.get(f"{BASE}/wait?after={to_text(FIRST)}&timeout=0")
    assert after.json()["id"] == to_text(FIRST + 1)


async def test_waiting_in_vain_is_told(site: Site) -> None:
    assert_problem(await site.client.get(f"{BASE}/wait?timeout=0"), 408)
    waiting = asyncio.create_task(site.client.get(f"{BASE}/wait"))
    await settle_down()
    site.world.clock.advance(4_999)
    await settle_down()
    assert not waiting.done()
    site.world.clock.advance(1)
    assert_problem(await waiting, 408)


@pytest.mark.parametrize("seconds", ["-1", "61", "nan", "inf", "soon"])
async def test_a_bad_timeout_is_refused(site: Site, seconds: str) -> None:
    answer = await site.client.get(f"{BASE}/wait?timeout={seconds}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "timeout"


# ---- reading and habits


async def test_the_customer_opens_the_chat(site: Site) -> None:
    await exchange(site.world, message_to(PHONE))
    answer = await site.client.post(f"{BASE}/read", json={"message": f"toy-out-{to_text(FIRST)}"})
    assert answer.status_code == 200
    assert [(each["id"], each["stage"]) for each in answer.json()] == [(to_text(FIRST), "read")]
    assert site.world.book.bubbles[FIRST].stage is Stage.READ


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"message": "zz"}, 404, ("message", "unknown_message")),
        ({"message": "0000000000000001"}, 404, ("message", "unknown_message")),
        ({}, 422, ("message", "missing")),
        ({"message": 5}, 422, ("message", "string_type")),
        ({"message": "zz", "more": 1}, 422, ("more", "extra_forbidden")),
    ],
)
async def test_a_chat_opens_at_a_message(site: Site, body: Any, status: int, error: tuple[str, str]) -> None:
    assert_problem(await site.client.post(f"{BASE}/read", json=body), status, error)


async def test_a_phones_habits_are_set_and_shown(site: Site) -> None:
    assert (await site.client.get(BASE)).json() == {
        "number": PHONE,
        "delivers": "auto",
        "reads": "manual",
        "delay_ms": 0,
    }
    answer = await site.client.put(BASE, json={"delivers": "never", "reads": "auto", "delay_ms": 250})
    assert answer.status_code == 200
    expected = {"number": PHONE, "delivers": "never", "reads": "never", "delay_ms": 250}
    assert (await site.client.put(BASE, json={"reads": "never"})).json() == expected
    assert (await site.client.get(BASE)).json() == expected


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"delivers": "manual"}, "delivers"),
        ({"delivers": "maybe"}, "delivers"),
        ({"reads": 1}, "reads"),
        ({"delay_ms": -1}, "delay_ms"),
        ({"delay_ms": 86_400_001}, "delay_ms"),
        ({"delays": 1}, "delays"),
    ],
)
async def test_a_bad_habit_is_refused(site: Site, body: Any, path: str) -> None:
    answer = await site.client.put(BASE, json=body)
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == [path]


# ---- the clock


async def test_the_clock_moves_for_all(site: Site) -> None:
    told = {"now": "2027-01-15T08:00:00.000Z", "timestamp": 1_800_000_000, "offset_seconds": 0}
    assert (await site.client.get(CLOCK)).json() == told
    moved = await site.client.post(CLOCK, json={"advance_seconds": 86_340})
    assert moved.status_code == 200
    assert moved.json() == {"now": "2027-01-16T07:59:00.000Z", "timestamp": 1_800_086_340, "offset_seconds": 86_340}
    assert (await site.client.post(CLOCK, json={"advance_seconds": -0.5})).json()["offset_seconds"] == 86_339.5
    assert (await site.client.delete(CLOCK)).json() == told


async def test_the_clock_moves_for_one_sender(site: Site) -> None:
    for sender in (SENDER.number, to_text(SENDER_ID)):
        await site.client.post(CLOCK, json={"advance_seconds": 60, "sender": sender})
    assert (await site.client.get(f"{CLOCK}?sender={SENDER.number}")).json()["offset_seconds"] == 120
    assert (await site.client.get(CLOCK)).json()["offset_seconds"] == 0
    assert (await site.client.delete(f"{CLOCK}?sender={SENDER.number}")).json()["offset_seconds"] == 0
    assert site.doors.offsets == {}


@pytest.mark.parametrize(
    ("body", "status", "errors"),
    [
        ({}, 422, [("advance_seconds", "missing")]),
        ({"advance_seconds": "soon"}, 422, [("advance_seconds", "float_parsing")]),
        ({"advance_seconds": 1e12}, 422, [("advance_seconds", "less_than_equal")]),
        ({"advance_seconds": 1, "by": 2}, 422, [("by", "extra_forbidden")]),
        ({"advance_seconds": 1, "sender": "999"}, 404, [("sender", "unknown_sender")]),
        ({"advance_seconds": 1, "sender": TWIN.number}, 409, []),
        ({"advance_seconds": 1, "sender": "4477"}, 409, []),
    ],
)
async def test_a_clock_that_cannot_move_stays(
    site: Site, body: Any, status: int, errors: list[tuple[str, str]]
) -> None:
    assert_problem(await site.client.post(CLOCK, json=body), status, *errors)
    assert site.doors.offsets == {}


async def test_a_clock_goes_no_further_than_ten_years(site: Site) -> None:
    assert (await site.client.post(CLOCK, json={"advance_seconds": 315_360_000})).status_code == 200
    answer = await site.client.post(CLOCK, json={"advance_seconds": 1})
    assert_problem(answer, 422, ("advance_seconds", "out_of_range"))


# ---- problems


async def test_strange_paths_and_verbs_are_problems(site: Site) -> None:
    assert_problem(await site.client.get("/sandbox/v1/nothing"), 404)
    answer = await site.client.delete(BASE)
    assert_problem(answer, 405)
    assert "allow" in answer.headers


@pytest.mark.parametrize(
    ("refusal", "status", "headers"),
    [
        (Refusal(Fault.BAD_CREDENTIAL), 401, {"www-authenticate": "Bearer"}),
        (Refusal(Fault.RATE_LIMITED, retry_after=1.2), 429, {"retry-after": "2"}),
        (Refusal(Fault.DUPLICATE, "number"), 409, {}),
        (Refusal(Fault.BAD_URL, "url"), 422, {}),
        (Malformed("a.b", "missing"), 422, {}),
        (Malformed("", "json_invalid"), 400, {}),
    ],
)
def test_a_refusal_has_its_status(refusal: Refusal, status: int, headers: dict[str, str]) -> None:
    answer = problems.refused(refusal)
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["status"], body["fault"]) == (status, status, refusal.fault)
    assert {name: answer.headers[name] for name in headers} == headers


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = ["text", "contacts", "image", "location", "button", "reaction", "poll"]
MEMBERS = ["text", "contacts", "image", "name", "quote", "latitude", "location", "message", "emoji", "title", "extra"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(MEMBERS), ANYTHING))
def test_no_body_breaks_it(kind: str, body: dict[str, Any]) -> None:
    async def attempt() -> None:
        site = site_of(World())
        async with site.client:
            content = json.dumps({"to": SENDER.number, "type": kind, **body})
            answer = await site.client.post(f"{BASE}/messages", content=content)
            assert answer.status_code in {201, 400, 404, 422}
            shown = await site.client.get(f"{BASE}/messages")
            assert len(shown.json()) == (answer.status_code == 201)

    asyncio.run(attempt())
