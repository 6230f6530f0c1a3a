"""What the vendor's pages promise of sending, against a gateway in a process of its own."""

from typing import Any

import pytest

from acceptance.digital99.conftest import Program
from acceptance.outside import Outside

DAY = 86_400
CARD = {
    "contact_name": "Dana Example",
    "contact_phone": "972550000333",
    "contact_email": "dana@example.org",
    "contact_birthday": "1990-02-28",
    "address_street": "1 Sample Road",
    "address_city": "Haifa",
    "address_country": "Israel",
    "website": "https://example.org",
}
STRANGER = "972557000099"


def test_a_text_is_answered_as_documented_and_reaches_the_phone_as_it_was_sent(town: Outside, program: Program) -> None:
    body = "Your parcel is *ready*.\nPick-up until 18:00"
    said = program.call("sendMessage", to=town.customer, body=body)
    assert list(said) == [
        "status",
        "unique",
        "body",
        "timestamp",
        "from",
        "to",
        "templateTimeLeft",
        "conversationTimeLeft",
        "reason",
    ]
    shown = town.wait(town.customer, contains="parcel")
    assert (shown["text"], shown["ids"]["digital99"]) == (body, said["unique"])
    assert said == {
        "status": "OK",
        "unique": shown["ids"]["digital99"],
        "body": body,
        "timestamp": shown["timestamp"],
        "from": town.sender,
        "to": town.customer,
        "templateTimeLeft": 1439,
        "conversationTimeLeft": 0,
        "reason": 1,
    }


def test_a_card_is_answered_as_documented_and_reaches_the_phone_whole(town: Outside, program: Program) -> None:
    said = program.call("sendContact", to=town.customer, **CARD, showRequest=1)
    shown = town.wait(town.customer, type="contacts")
    assert said == {
        "status": "OK",
        "unique": shown["ids"]["digital99"],
        "contact_name": CARD["contact_name"],
        "contact_phone": CARD["contact_phone"],
        "timestamp": shown["timestamp"],
        "from": town.sender,
        "to": town.customer,
        "templateTimeLeft": "1439",
        "conversationTimeLeft": 0,
        "originalRequest": {"from": town.sender, "to": town.customer, **CARD, "showRequest": 1},
        "reason": 1,
    }
    assert shown["contacts"] == [
        {
            "formatted": "Dana Example",
            "first": "Dana Example",
            "phones": [{"phone": "972550000333", "wa_id": "972550000333"}],
            "emails": [{"email": "dana@example.org"}],
            "addresses": [{"street": "1 Sample Road", "city": "Haifa", "country": "Israel"}],
            "urls": [{"url": "https://example.org"}],
            "birthday": "1990-02-28",
            "button": "message",
        }
    ]


@pytest.mark.parametrize(
    ("fields", "text", "contact"),
    [
        ({}, 1, 1),
        ({"from": "972770009999"}, 2, 2),
        ({"showRequest": 1, "to": True}, 2, 2),
        ({"apiKey": "wrong"}, 3, 3),
        ({"to": ""}, 4, 4),
        ({"to": "972550000222-1600115719@g.us"}, 4, 4),
        ({"body": " ", "contact_name": " "}, 5, 5),
        ({"body": "x" * 4097, "contact_phone": ""}, 6, 6),
        ({"replyTo": "nobody wrote this"}, 6, 9),
        ({"to": STRANGER}, 8, 8),
    ],
)
def test_each_method_has_reasons_of_its_own(
    town: Outside, program: Program, fields: dict[str, Any], text: int, contact: int
) -> None:
    whole = {"to": town.customer, "body": "Hello", **CARD, **fields}
    assert (program.reason("sendMessage", **whole), program.reason("sendContact", **whole)) == (text, contact)


def test_the_operators_limit_is_told_by_each_methods_number(town: Outside, program: Program) -> None:
    settings = f"/admin/v1/senders/{town.sender}/settings/digital99"
    card = {"to": town.customer, **CARD}
    town.call("PATCH", settings, json={"rateLimit": 0.01})
    try:
        found = [program.text(town.customer) for _ in range(2)] + [program.reason("sendContact", **card)]
    finally:
        town.call("PATCH", settings, json={"rateLimit": 0})
    assert found == [1, 9, 10]


def test_the_window_closes_after_24_hours_and_only_the_customer_opens_it(town: Outside, program: Program) -> None:
    number = "972557000001"
    assert program.text(number) == 8
    assert program.reason("sendTemplate", to=number, name="hello_world", headerType=1) == 1
    assert program.text(number) == 8
    written = town.write(number)
    # The customer wrote at some point of this second, and the clock goes on meanwhile: half a minute for that.
    town.advance(DAY - 30)
    said = program.call("sendMessage", to=number, body="Just in time")
    assert (said["reason"], said["templateTimeLeft"]) == (1, 0)
    town.advance(30)
    assert (program.text(number), program.reason("sendContact", to=number, **CARD)) == (7, 7)
    assert program.reason("sendReaction", to=number, unique=written["ids"]["digital99"], reaction="👍") == 7
    template = program.call("sendTemplate", to=number, name="hello_world", headerType=1)
    assert (template["reason"], template["templateTimeLeft"]) == (1, 0)
    assert program.text(number) == 7
    town.write(number)
    assert program.call("sendMessage", to=number, body="Welcome back")["templateTimeLeft"] == 1439


def test_a_reply_shows_what_it_quotes(town: Outside, program: Program) -> None:
    number = "972557000002"
    asked = town.write(number, text="Is my parcel there?")
    answer = program.call("sendMessage", to=number, body="It is", replyTo=asked["ids"]["digital99"])
    assert town.wait(number, contains="It is")["quote"] == asked["id"]
    card = program.call("sendContact", to=number, **CARD, replyTo=answer["unique"])
    shown = town.wait(number, type="contacts")
    assert (shown["ids"]["digital99"], shown["ids"]["digital99"] != answer["unique"]) == (card["unique"], True)
    assert shown["quote"] == town.wait(number, contains="It is")["id"]
    elsewhere = town.write("972557000003", text="Another chat")["ids"]["digital99"]
    assert program.text(number, replyTo=elsewhere) == 6


def test_templates_are_sent_filled_in_or_refused_by_number(town: Outside, program: Program) -> None:
    number = "972557000004"
    body = {"account": town.facts["account"], "language": "he", "category": "MARKETING"}
    for made in (
        {"name": "pick_up", "body": "{{1}}, until {{2}}", "header": "image", "footer": "Bye"},
        {"name": "plain", "body": "{{1}}"},
    ):
        town.call("POST", "/admin/v1/templates", json={**body, **made})
    assert {
        "name": "pick_up",
        "language": "he",
        "category": 2,
        "status": "approved",
        "template": [
            {"type": "header", "text": ""},
            {"type": "body", "text": "{{1}}, until {{2}}"},
            {"type": "footer", "text": "Bye"},
        ],
    } in program.call("getTemplates")["list"]
    good = {
        "to": number,
        "name": "pick_up",
        "headerType": 3,
        "headerLink": "https://files.example.org/box.jpg",
        "bodyVariable1": "Dana",
        "bodyVariable2": "18:00",
    }
    said = program.call("sendTemplate", **good, language=1)
    shown = town.wait(number, type="template")
    assert (shown["text"], shown["ids"]["digital99"]) == ("Dana, until 18:00", said["unique"])
    assert list(said) == ["status", "unique", "name", "timestamp", "from", "to", "templateTimeLeft", "reason"]
    for wrong, reason in (
        ({"to": ""}, 4),
        ({"name": "no_such"}, 5),
        ({"language": 2}, 5),
        ({"headerType": 1, "headerLink": ""}, 6),
        ({"headerLink": "box.jpg"}, 6),
        ({"bodyVariable2": ""}, 7),
        ({"bodyVariable2": 18}, 2),
    ):
        assert (wrong, program.reason("sendTemplate", **{**good, **wrong})) == (wrong, reason)
    # The text with its variables filled in has 1,024 characters.
    assert program.reason("sendTemplate", to=number, name="plain", headerType=1, bodyVariable1="x" * 1_024) == 1
    assert program.reason("sendTemplate", to=number, name="plain", headerType=1, bodyVariable1="x" * 1_025) == 7


def test_reactions_and_reading_reach_the_phone(town: Outside, program: Program) -> None:
    number = "972557000005"
    written = town.write(number)
    unique = written["ids"]["digital99"]
    said = program.call("sendReaction", to=number, unique=unique, reaction="👍")
    assert (said["reason"], said["messageUnique"], said["reaction"]) == (1, unique, "👍")
    assert town.wait(number, type="reaction")["reaction"] == {"message": written["id"], "emoji": "👍"}
    assert program.reason("sendReaction", to=number, unique="unknown", reaction="👍") == 4
    assert program.reason("sendReaction", to=number, unique=unique, reaction="yes") == 5
    assert program.call("readStatus", to=number) == {"status": "OK", "reason": 1, "from": town.sender, "to": number}
    path = f"/sandbox/v1/phones/{number}/messages"
    town.until(lambda: town.call("GET", path)[0]["stage"], lambda stage: stage == "read")
    assert program.reason("readStatus", to=STRANGER) == 4


@pytest.mark.parametrize("method", ["sendFile", "sendLocation", "sendList", "sendButtons", "sendMultiTemplate"])
def test_what_is_not_served_is_refused_in_the_vendors_words(town: Outside, program: Program, method: str) -> None:
    fields = {"to": town.customer, "body": "https://files.example.org/a.pdf", "caption": "A file"}
    assert program.call(method, **fields) == {"status": "FAIL", "reason": 9}


def test_the_same_key_sends_once(town: Outside, program: Program) -> None:
    number = "972557000006"
    town.write(number)
    body = {"apiKey": program.key, "from": program.number, "to": number, "body": "Once"}
    post = [
        town.http.post("/whatsapp/v2/sendMessage", json={**body, **more}, headers={"idempotency-key": "order-4471"})
        for more in ({}, {}, {"body": "Twice"})
    ]
    assert [answer.json()["reason"] for answer in post] == [1, 1, 2]
    assert post[0].content == post[1].content
    town.wait(number, contains="Once")
    assert town.shown(number) == {"Once": 1}


def test_a_clock_set_back_leaves_no_window_open_in_the_future(town: Outside, program: Program) -> None:
    number = "972557000007"
    town.advance(3 * 86_400)
    town.write(number)
    town.call("DELETE", "/sandbox/v1/clock")
    assert program.text(number) == 1
    town.advance(86_400)
    assert program.text(number) == 7
    town.write(number)
    assert program.text(number) == 1
    town.call("DELETE", "/sandbox/v1/clock")
