"""What the vendor's pages promise of webhooks, told to a real receiver."""

import time
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from acceptance.digital99.conftest import Program
from acceptance.outside import Outside
from acceptance.receiver import Receiver, receiving

PAUSES = (300, 1_200, 3_600, 14_400, 86_400)
"""Seconds between the tries behind the second one, which follows at once."""

SLACK = 5_000


def _subscribe(program: Program, receiver: Receiver, **more: int) -> None:
    """Begin anew: what an earlier subscription still had to tell goes with it."""
    assert program.reason("setWebhook", url=" ") == 1
    fields = {"url": receiver.url, "readStatus": 0, "retry": 0, **more}
    assert program.call("setWebhook", **fields) == {
        "status": "OK",
        "url": receiver.url,
        "system": "0",
        "systemPhoneAlert": "",
        "retry": fields["retry"],
        "readStatus": fields["readStatus"],
        "reason": 1,
    }


def _deliveries(town: Outside, state: str) -> list[dict[str, Any]]:
    """The program's own deliveries that are in a state."""
    (own,) = [each["id"] for each in town.listed("subscriptions") if each["dialect"] == "digital99"]
    return town.listed("deliveries", subscription=own, state=state)


def _due(town: Outside, tries: int) -> dict[str, Any]:
    """The one delivery that is due, after so many tries."""
    (due,) = town.until(lambda: _deliveries(town, "due"), lambda found: [each["tries"] for each in found] == [tries])
    return due


def test_what_customers_write_is_told_whatever_it_is(town: Outside, program: Program, receiver: Receiver) -> None:
    number = "972558000001"
    _subscribe(program, receiver)
    text = town.write(number, text="Where is it? 📦", name="Noa")
    told = receiver.take(1)[0].json
    assert told.pop("from_id").startswith("IL.")
    assert told == {
        "status": "OK",
        "hook": "new",
        "unique": text["ids"]["digital99"],
        "from": number,
        "username": None,
        "country": "IL",
        "phone": number,
        "to": town.sender,
        "senderName": "Noa",
        "type": "text",
        "body": "Where is it? 📦",
        "caption": "",
        "isForwarded": False,
        "timestamp": str(text["timestamp"]),
        "media": False,
        "quote": False,
        "quoteUnique": False,
        "profilePic": "",
        "conversationTimeLeft": "0",
    }
    card = {"formatted": "Dan", "first": "Dan", "phones": [{"phone": "+972 55-000-0333", "wa_id": "972550000333"}]}
    town.write(number, type="contacts", contacts=[card])
    town.write(number, type="image", url="https://files.example.org/a.jpg", caption="Broken")
    town.write(number, type="hologram", hologram={"depth": 3})
    town.write(number, text="That one", quote=text["ids"]["digital99"])
    found = [each.json for each in receiver.take(4)]
    assert [(each["type"], each["body"], each["caption"], each["media"], each["quoteUnique"]) for each in found] == [
        ("contacts", "972550000333", "", False, False),
        ("image", "https://files.example.org/a.jpg", "Broken", True, False),
        ("hologram", '{"type":"hologram","hologram":{"depth":3}}', "", False, False),
        ("text", "That one", "", False, text["ids"]["digital99"]),
    ]


def test_acks_are_told_when_they_are_switched_on(town: Outside, program: Program, receiver: Receiver) -> None:
    number, dead = "972558000002", "972558000131"
    _subscribe(program, receiver)
    town.behave(number, reads="auto")
    for customer in (number, dead):
        town.write(customer)
    receiver.take(2)
    quiet = program.call("sendMessage", to=number, body="Quietly")["unique"]
    town.until(lambda: town.message(quiet)["stage"], lambda stage: stage == "read")
    assert program.call("setWebhook", readStatus=1)["url"] == receiver.url
    loud = program.call("sendMessage", to=number, body="Loudly")
    acks = [each.json for each in receiver.take(3)]
    assert [each["ack"] for each in acks] == ["sent", "delivered", "read"]
    assert acks[2] == {
        "status": "OK",
        "hook": "ack",
        "unique": loud["unique"],
        "from": town.sender,
        "to": number,
        "ack": "read",
        "timestamp": acks[2]["timestamp"],
        "conversationTimeLeft": "0",
    }
    program.call("sendMessage", to=dead, body="In vain")
    (failed,) = receiver.take(1)
    assert (failed.json["ack"], failed.json["error"].partition(":")[0]) == ("failed", "131026")


def test_headers_are_signed_as_standard_webhooks(town: Outside, program: Program, receiver: Receiver) -> None:
    _subscribe(program, receiver)
    town.write("972558000003", text="Sign here ✍")
    (told,) = receiver.take(1)
    webhook = Webhook(town.facts["webhook_secret"])
    assert webhook.verify(told.body, told.headers) == told.json
    with pytest.raises(WebhookVerificationError):
        webhook.verify(told.body.replace(b"Sign", b"Sing"), told.headers)


def test_tries_follow_the_published_schedule_and_a_replay_begins_anew(
    town: Outside, program: Program, receiver: Receiver
) -> None:
    receiver.status = 500
    _subscribe(program, receiver, retry=1)
    town.write("972558000004", text="Are you there?")
    told = receiver.take(2)
    for pause in PAUSES:
        due = _due(town, tries=len(told))
        left = due["due_at"] - time.time() * 1_000
        assert pause * 1_000 - SLACK < left <= pause * 1_000
        town.advance(pause)
        told += receiver.take(1)
    (dead,) = town.until(lambda: _deliveries(town, "dead"), bool)
    assert (dead["tries"], dead["last_status"], dead["last_error"]) == (7, 500, "answered 500")
    assert len({each.body for each in told}) == len({each.headers["webhook-id"] for each in told}) == 1
    receiver.status = 200
    assert town.call("POST", "/admin/v1/deliveries/replay", json={"state": "dead"}) == {"replayed": 1}
    assert receiver.take(1)[0].body == told[0].body
    town.until(lambda: _deliveries(town, "dead"), lambda found: found == [])


def test_without_retry_there_is_one_try_and_200_alone_is_success(
    town: Outside, program: Program, receiver: Receiver
) -> None:
    receiver.status = 204
    _subscribe(program, receiver)
    town.write("972558000005", text="Once")
    receiver.take(1)
    (dead,) = town.until(lambda: _deliveries(town, "dead"), bool)
    assert (dead["tries"], dead["last_status"]) == (1, 204)
    receiver.status = 200
    town.call("POST", "/admin/v1/deliveries/replay", json={"state": "dead"})
    receiver.take(1)


def test_a_receiver_that_was_down_loses_nothing(town: Outside, program: Program) -> None:
    number = "972558000006"
    texts = [f"Message {each}" for each in range(5)]
    with receiving() as receiver:
        _subscribe(program, receiver, retry=1)
    for text in texts:
        town.write(number, text=text)
    town.until(lambda: _deliveries(town, "due"), lambda found: [each["tries"] for each in found] == [2] * 5)
    with receiving(receiver.port) as again:
        town.advance(PAUSES[0])
        assert sorted(each.json["body"] for each in again.take(5)) == texts


def test_one_space_takes_the_webhook_off(town: Outside, program: Program, receiver: Receiver) -> None:
    _subscribe(program, receiver)
    assert program.reason("setWebhook", url="ftp://files.example.org") == 4
    assert program.call("setWebhook", url="")["url"] == receiver.url
    assert program.call("setWebhook", url=" ")["url"] == program.call("getWebhook")["url"] == ""
    assert [each for each in town.listed("subscriptions") if each["dialect"] == "digital99"] == []
