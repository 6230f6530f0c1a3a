"""`POST /admin/v1/messages` over a whole engine: sending, judging, and refusing."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.house import CUSTOMER, DAY, NUMBER, OTHER, House, house
from parlance.contract.provider import Capabilities
from parlance.contract.views import MessageFilter
from parlance.model.address import phone
from parlance.model.ids import to_text
from parlance.model.sender import TemplateRecord
from parlance.web.site import site
from toys import ToyCarrier
from web.fakes import BEARER, TOKEN, client

MESSAGES = "/admin/v1/messages"
KNOWING = Capabilities(
    text_limit=20,
    cards=2,
    card_phones=2,
    card_fields=frozenset({"birthday"}),
    templates=True,
    quotes=True,
    knows_windows=True,
)
TEXT = {"sender": NUMBER, "to": CUSTOMER, "type": "text", "text": "hello"}
CARD = {"formatted": "Dana", "phones": [{"phone": "+972 55-000-0333", "type": "CELL", "wa_id": "972550000333"}]}
CARDS = {"sender": NUMBER, "to": CUSTOMER, "type": "contacts", "contacts": [CARD]}
HELLO = {
    "sender": NUMBER,
    "to": OTHER,
    "type": "template",
    "template": {"name": "hello", "components": [{"type": "body", "parameters": [{"value": "Dana"}]}]},
}


@dataclass
class Admin:
    home: House
    web: httpx.AsyncClient

    async def send(self, body: object, *, dry: bool = False, key: str | None = None) -> httpx.Response:
        path = f"{MESSAGES}?dry_run=true" if dry else MESSAGES
        headers = {} if key is None else {"idempotency-key": key}
        return await self.web.post(path, json=body, headers=headers)

    async def stored(self) -> list[str]:
        found = await self.home.engine.store.messages(MessageFilter(direction="out"))
        return [to_text(message.id) for message in found]


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    """A sender whose one customer wrote, with a template, on a route that cannot say everything."""
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), running=False) as home:
        await home.customer_writes()
        record = TemplateRecord(
            1 << 40, home.sender.account_id, "hello", "en_US", "UTILITY", "approved", "Hello {{1}}"
        )  # fmt: skip
        await home.engine.store.add_template(record)
        app = site(home.engine, cast("Any", None), admin_token=TOKEN, public_url="https://gw.example")
        async with client(app, **BEARER) as web:
            yield Admin(home, web)


def refused(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["fault"], [(each["path"], each["kind"]) for each in body.get("errors", [])]


# ---- sending


async def test_a_text_is_stored_and_shown_whole(admin: Admin) -> None:
    answer = await admin.send(TEXT)
    assert answer.status_code == 201
    shown = answer.json()
    assert shown == (await admin.web.get(f"{MESSAGES}/{shown['id']}")).json()
    assert await admin.stored() == [shown["id"]]
    assert answer.headers["parlance-message-id"] == shown["id"]
    assert "parlance-dropped" not in answer.headers
    assert "parlance-repeated" not in answer.headers
    wanted: dict[str, Any] = {
        "type": "text",
        "content": {"kind": "text", "body": "hello"},
        "customer": CUSTOMER,
        "sender": NUMBER,
        "dialect": "parlance",
        "stage": "accepted",
        "quote": None,
        "dropped": [],
        "window_until": admin.home.clock.now() + DAY,
    }
    assert {name: shown[name] for name in wanted} == wanted
    assert [each["what"] for each in shown["history"]] == ["accepted"]


async def test_what_is_stored_leaves_like_everything_else(admin: Admin) -> None:
    admin.home.start()
    await admin.send(TEXT)
    (asked,) = await admin.home.asked(1)
    assert json.loads(asked.body)["text"] == "hello"


async def test_cards_are_sent_as_the_apis_show_them(admin: Admin) -> None:
    card = {
        **CARD,
        "first": "Dana",
        "last": "",
        "emails": [{"email": "dana@example.org", "type": ""}],
        "addresses": [{"street": "1 Sample Road\nFlat 2", "country_code": "IL"}],
        "organisation": {"company": "Sample"},
        "urls": [{"url": "https://example.org"}],
        "birthday": "1990-01-31",
        "button": "message",
    }
    answer = await admin.send({**CARDS, "contacts": [card, {"formatted": "Nobody"}]})
    assert answer.status_code == 201
    assert answer.json()["content"]["cards"] == [
        {
            "formatted": "Dana",
            "first": "Dana",
            "phones": [{"phone": "+972 55-000-0333", "type": "CELL", "wa_id": "972550000333"}],
            "emails": [{"email": "dana@example.org"}],
            "addresses": [{"street": "1 Sample Road\nFlat 2", "country_code": "IL"}],
            "organisation": {"company": "Sample"},
            "urls": [{"url": "https://example.org"}],
            "birthday": "1990-01-31",
        },
        {"formatted": "Nobody", "phones": [], "emails": [], "addresses": [], "urls": []},
    ]
    assert answer.headers["parlance-dropped"] == "emails,addresses,organisation,urls"
    assert answer.json()["dropped"] == ["emails", "addresses", "organisation", "urls"]


async def test_a_template_gets_the_language_it_is_registered_in(admin: Admin) -> None:
    answer = await admin.send(HELLO)
    assert answer.status_code == 201
    assert answer.json()["content"] == {
        "kind": "template",
        "name": "hello",
        "language": "en_US",
        "components": [{"type": "body", "parameters": [{"type": "text", "value": "Dana"}]}],
    }
    again = {
        "kind": "template",
        "name": "hello",
        "language": "en_US",
        "components": answer.json()["content"]["components"],
    }
    assert (await admin.send({**HELLO, "template": again})).json()["content"] == answer.json()["content"]


async def test_a_message_is_quoted_by_any_of_its_ids(admin: Admin) -> None:
    first = (await admin.send(TEXT)).json()
    answers = [await admin.send({**TEXT, "quote": quote}) for quote in (first["id"], first["ids"]["toy"])]
    assert [answer.json()["quote"] for answer in answers] == [first["id"]] * 2


@pytest.mark.parametrize("sender", [NUMBER, f"+{NUMBER}", int(NUMBER), "id"])
async def test_the_sender_is_named_by_number_or_id(admin: Admin, sender: Any) -> None:
    named = to_text(admin.home.sender.id) if sender == "id" else sender
    assert (await admin.send({**TEXT, "sender": named})).json()["sender"] == NUMBER


@pytest.mark.parametrize("to", [CUSTOMER, int(CUSTOMER), f"+{CUSTOMER}", "+972 (55) 000-0222", "972.55.000.02.22"])
async def test_the_recipient_is_written_as_people_do(admin: Admin, to: Any) -> None:
    assert (await admin.send({**TEXT, "to": to})).json()["customer"] == CUSTOMER


async def test_a_business_scoped_user_id_is_a_recipient(admin: Admin) -> None:
    assert (await admin.send({**HELLO, "to": "US.13491208655302741918"})).json()[
        "customer"
    ] == "US.13491208655302741918"


# ---- repeating


async def test_a_key_makes_a_repeat_harmless(admin: Admin) -> None:
    first = await admin.send(TEXT, key="k")
    again = await admin.send(TEXT, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (first.headers.get("parlance-repeated"), again.headers.get("parlance-repeated")) == (None, "true")
    assert await admin.stored() == [first.json()["id"]]


async def test_a_key_is_for_one_content(admin: Admin) -> None:
    await admin.send(TEXT, key="k")
    other = await admin.send({**TEXT, "text": "other"}, key="k")
    assert refused(other) == (409, "duplicate", [])
    assert len(await admin.stored()) == 1


async def test_a_key_lives_for_seven_days(admin: Admin) -> None:
    first = await admin.send(HELLO, key="k")
    admin.home.clock.advance(7 * DAY - 1)
    assert (await admin.send(HELLO, key="k")).json()["id"] == first.json()["id"]
    admin.home.clock.advance(1)
    assert (await admin.send(HELLO, key="k")).json()["id"] != first.json()["id"]


async def test_a_refusal_uses_up_no_key(admin: Admin) -> None:
    body = {**TEXT, "to": OTHER}
    assert (await admin.send(body, key="k")).status_code == 422
    await admin.home.customer_writes(who=OTHER, id="in-2")
    assert (await admin.send(body, key="k")).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "k" * 256])
async def test_a_key_that_cannot_be_used(admin: Admin, key: str) -> None:
    answer = await admin.send(TEXT, key=key)
    assert refused(answer) == (422, "malformed", [("Idempotency-Key", "idempotency_key")])


# ---- refusing

THREE_NUMBERS = {**CARD, "phones": [{"phone": "+1"}] * 3}
REFUSED = [
    ({**TEXT, "to": OTHER}, 422, "window_never_opened", [("to", "window_never_opened")]),
    ({**TEXT, "to": NUMBER}, 422, "recipient_is_sender", [("to", "recipient_is_sender")]),
    ({**TEXT, "to": "0550000222"}, 422, "bad_recipient", [("to", "bad_recipient")]),
    ({**TEXT, "to": "972x"}, 422, "bad_recipient", [("to", "bad_recipient")]),
    ({**TEXT, "to": "12345"}, 422, "bad_recipient", [("to", "bad_recipient")]),
    ({**TEXT, "to": ""}, 422, "bad_recipient", [("to", "bad_recipient")]),
    ({**TEXT, "sender": "972770009999"}, 404, "unknown_sender", []),
    ({**TEXT, "sender": "0000000000000001"}, 404, "unknown_sender", []),
    ({**TEXT, "text": " \n"}, 422, "empty_text", [("text", "empty_text")]),
    ({**TEXT, "text": "x" * 21}, 422, "text_too_long", [("text", "text_too_long")]),
    ({**TEXT, "text": "x" * 65_537}, 422, "malformed", [("text", "string_too_long")]),
    ({**TEXT, "text": "a\0b"}, 422, "malformed", [("text", "string_pattern_mismatch")]),
    ({**TEXT, "text": {"body": "hi"}}, 422, "malformed", [("text", "string_type")]),
    ({**TEXT, "quote": "nonsense"}, 422, "unknown_quote", [("quote", "unknown_quote")]),
    ({**TEXT, "quote": "0000000000000abc"}, 422, "unknown_quote", [("quote", "unknown_quote")]),
    ({**TEXT, "ttl": 5}, 422, "malformed", [("ttl", "extra_forbidden")]),
    ({**TEXT, "contacts": [CARD]}, 422, "malformed", [("contacts", "extra_forbidden")]),
    ({**TEXT, "type": "template"}, 422, "malformed", [("text", "extra_forbidden")]),
    ({**TEXT, "type": "image"}, 422, "malformed", [("type", "literal_error")]),
    ({"to": CUSTOMER}, 422, "malformed", [("sender", "missing"), ("type", "missing")]),
    ({**TEXT, "text": None}, 422, "malformed", [("text", "missing")]),
    ([], 422, "malformed", [("", "model_type")]),
    ({**CARDS, "contacts": []}, 422, "malformed", [("contacts", "too_short")]),
    ({**CARDS, "contacts": [THREE_NUMBERS]}, 422, "not_sayable", [("contacts[0].phones", "not_sayable")]),
    ({**CARDS, "contacts": [{"formatted": " "}]}, 422, "empty_name", [("contacts[0].formatted", "empty_name")]),
    ({**CARDS, "contacts": [{}]}, 422, "malformed", [("contacts.0.formatted", "missing")]),
    (
        {**CARDS, "contacts": [CARD, {"formatted": "x", "phones": [{"phone": " "}]}]},
        422,
        "empty_phone",
        [("contacts[1].phones[0].phone", "empty_phone")],
    ),
    (
        {**CARDS, "contacts": [{**CARD, "birthday": "1990-02-31"}]},
        422,
        "bad_value",
        [("contacts[0].birthday", "bad_value")],
    ),
    (
        {**CARDS, "contacts": [{**CARD, "birthday": "soon"}]},
        422,
        "malformed",
        [("contacts.0.birthday", "string_pattern_mismatch")],
    ),
    (
        {**HELLO, "template": {"name": "other"}},
        422,
        "unknown_template",
        [("template.name", "unknown_template")],
    ),
    ({**HELLO, "template": {"name": "hello"}}, 422, "template_variables", [("template.body", "template_variables")]),
    ({**HELLO, "template": {"name": ""}}, 422, "malformed", [("template.name", "string_too_short")]),
    (
        {**HELLO, "template": {"name": "hello", "components": [{"type": "foot"}]}},
        422,
        "malformed",
        [("template.components.0.type", "literal_error")],
    ),
]


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(("body", "status", "fault", "errors"), REFUSED)
async def test_refusals(
    admin: Admin, body: Any, status: int, fault: str, errors: list[tuple[str, str]], *, dry: bool
) -> None:
    answer = await admin.send(body, dry=dry)
    assert refused(answer) == (status, fault, errors)
    assert await admin.stored() == []


async def test_a_body_that_is_no_json(admin: Admin) -> None:
    answer = await admin.web.post(MESSAGES, content=b"{")
    assert refused(answer) == (400, "malformed", [("", "json_invalid")])


async def test_the_window_shuts_for_operators_too(admin: Admin) -> None:
    admin.home.clock.advance(DAY)
    assert refused(await admin.send(TEXT)) == (422, "window_closed", [("to", "window_closed")])
    assert refused(await admin.send(TEXT, dry=True)) == (422, "window_closed", [("to", "window_closed")])


async def test_credit_is_asked_for(admin: Admin) -> None:
    await admin.home.engine.store.set_credit(admin.home.sender.account_id, 1)
    assert (await admin.send(TEXT, dry=True)).status_code == 200
    assert (await admin.send(TEXT)).status_code == 201
    assert refused(await admin.send(TEXT, dry=True)) == (402, "low_balance", [])
    assert refused(await admin.send(TEXT)) == (402, "low_balance", [])


# ---- judging


async def test_a_dry_run_gives_the_verdict_and_stores_nothing(admin: Admin) -> None:
    answer = await admin.send({**CARDS, "contacts": [{**CARD, "urls": [{"url": "https://example.org"}]}]}, dry=True)
    assert answer.status_code == 200
    assert answer.json() == {
        "sender": NUMBER,
        "customer": CUSTOMER,
        "type": "contacts",
        "content": {
            "kind": "contacts",
            "cards": [{**CARD, "emails": [], "addresses": [], "urls": [{"url": "https://example.org"}]}],
        },
        "carrier": "toy",
        "window_until": admin.home.clock.now() + DAY,
        "dropped": ["urls"],
        "repeats": None,
    }
    assert await admin.stored() == []
    assert await admin.home.engine.store.depths() == []


async def test_a_dry_run_resolves_a_template_for_a_stranger_and_meets_nobody(admin: Admin) -> None:
    judged = (await admin.send(HELLO, dry=True)).json()
    assert (judged["content"]["language"], judged["window_until"]) == ("en_US", None)
    assert await admin.home.engine.store.customer(admin.home.sender.account_id, phone(OTHER)) is None


async def test_a_dry_run_says_that_a_key_was_used(admin: Admin) -> None:
    first = (await admin.send(TEXT, key="k")).json()
    assert (await admin.send(TEXT, dry=True, key="k")).json()["repeats"] == first["id"]
    other = await admin.send({**TEXT, "text": "other"}, dry=True, key="k")
    assert refused(other) == (409, "duplicate", [])


async def test_a_dry_run_uses_up_no_key(admin: Admin) -> None:
    assert (await admin.send(TEXT, dry=True, key="k")).status_code == 200
    assert (await admin.send({**TEXT, "text": "other"}, key="k")).status_code == 201


@pytest.mark.parametrize(("query", "path"), [("dryrun=true", "dryrun"), ("dry_run=perhaps", "dry_run")])
async def test_a_query_that_is_misspelt_sends_nothing(admin: Admin, query: str, path: str) -> None:
    answer = await admin.web.post(f"{MESSAGES}?{query}", json=TEXT)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    assert await admin.stored() == []


async def test_a_dry_run_may_be_switched_off(admin: Admin) -> None:
    assert (await admin.web.post(f"{MESSAGES}?dry_run=false", json=TEXT)).status_code == 201


# ---- whatever comes

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([NUMBER, CUSTOMER, "hello", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
bodies = st.builds(
    lambda base, changes: {**base, **changes},
    st.sampled_from([TEXT, CARDS, HELLO, {}]),
    st.dictionaries(st.sampled_from([*TEXT, "contacts", "template", "quote"]), values, max_size=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
async def test_judging_and_sending_agree_on_every_body(admin: Admin, body: dict[str, Any]) -> None:
    judged = await admin.send(body, dry=True)
    sent = await admin.send(body)
    assert (judged.status_code, sent.status_code) in {(200, 201)} | {(sent.status_code, sent.status_code)}
    assert sent.status_code in {201, 404, 422}
    if sent.status_code == 201:
        assert judged.json()["content"] == sent.json()["content"]
        assert judged.json()["dropped"] == sent.json()["dropped"]
    else:
        assert judged.json() == sent.json()


async def test_the_document_describes_it(admin: Admin) -> None:
    operation = (await admin.web.get("/openapi.json")).json()["paths"][MESSAGES]["post"]
    assert [each["name"] for each in operation["parameters"]] == ["dry_run"]
    assert set(operation["responses"]) == {
        *("200", "201", "400", "401", "402", "403", "404", "409", "413", "422", "429", "503")
    }
    assert "Idempotency-Key" in operation["description"]
