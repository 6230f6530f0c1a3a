"""What the vendor is asked beside sending: notifications it keeps, its settings, its state."""

import json
from typing import Any

import pytest

from parlance.contract.vendor import Finding
from parlance.model.fault import Fault, Refusal
from parlance.model.outcome import StatusReport
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import words
from parlance.providers.greenapi.settings import DEFAULTS, READ_ONLY
from parlance.providers.greenapi.wild import told_at
from providers.greenapi.vendor import CARRIER, DIALECT, HOME, HOOK, NUMBER, TOKEN, answer, play, request_of, route
from providers.greenapi.vendor import served as reaching
from vectors.play import find

POLLING = route(receive="poll")
RECEIVE = ("GET", f"{HOME}/receiveNotification/{TOKEN}?receiveTimeout=20")
DELETE = ("DELETE", f"{HOME}/deleteNotification/{TOKEN}/17")
STATUS = {
    "typeWebhook": "outgoingMessageStatus",
    "timestamp": 1_763_600_007,
    "idMessage": "3EB0AAAABBBBCCCC0001",
    "status": "noted",
}
HEARD = (StatusReport("3EB0AAAABBBBCCCC0001", None, 1_763_600_007_000, word="noted"),)
TAKEN = answer({"receiptId": 17, "body": STATUS})
GONE = answer({"result": True, "reason": ""})

# ---- fetched


def test_only_a_route_that_is_set_to_fetches() -> None:
    assert not CARRIER.polls(route())
    assert CARRIER.polls(POLLING)


def test_a_notification_is_stored_before_it_is_deleted() -> None:
    played = play(CARRIER.fetch(POLLING), [TAKEN, GONE])
    assert played.asked == [RECEIVE, HEARD, DELETE]
    assert played.end is True


@pytest.mark.parametrize("body", [b"null", b"", b" \n", b'""', b"[]"])
def test_there_may_be_nothing_to_fetch(body: bytes) -> None:
    played = play(CARRIER.fetch(POLLING), [WireResponse(200, body)])
    assert (played.asked, played.end) == ([RECEIVE], False)


@pytest.mark.parametrize("body", [[], "x", {}, {"typeWebhook": ""}, None])
def test_what_is_no_notification_does_not_stay_first_in_the_queue(body: Any) -> None:
    taken = answer({"receiptId": 17, "body": body}, date="Fri, 20 Nov 2026 15:53:00 GMT")
    played = play(CARRIER.fetch(POLLING), [taken, GONE])
    assert played.asked == [RECEIVE, (StatusReport("", None, 1_795_189_980_000, word="unreadable"),), DELETE]


def test_the_vendors_clock_stands_in_for_a_time_that_is_not_told() -> None:
    quota = {"typeWebhook": "quotaExceeded", "quotaData": {"status": "QUOTA_EXCEEDED"}}
    taken = answer({"receiptId": 17, "body": quota}, date="Fri, 20 Nov 2026 15:53:00 GMT")
    ((report,),) = [each for each in play(CARRIER.fetch(POLLING), [taken, GONE]).asked if each not in {RECEIVE, DELETE}]
    assert report.at == 1_795_189_980_000
    assert told_at(answer()) == told_at(answer(date="soon")) == 0


@pytest.mark.parametrize("body", [{"receiptId": None}, {"receiptId": "x/../y"}, {"body": STATUS}, [1], "text", 5])
def test_an_answer_that_holds_no_receipt_is_refused(body: Any) -> None:
    with pytest.raises(Refusal) as raised:
        play(CARRIER.fetch(POLLING), [answer(body)])
    assert raised.value.fault is Fault.CARRIER_REFUSED


def test_another_program_that_fetches_is_noticed() -> None:
    with pytest.raises(Refusal) as raised:
        play(CARRIER.fetch(POLLING), [TAKEN, answer({"result": False, "reason": "not found"})])
    assert (raised.value.fault, raised.value.field) == (Fault.CARRIER_REFUSED, "receiptId")


def test_an_older_edition_gives_no_reason() -> None:
    assert play(CARRIER.fetch(POLLING), [TAKEN, answer({"result": True})]).end is True


@pytest.mark.parametrize(
    ("reply", "fault", "seconds"),
    [
        (WireResponse(401, b"Unauthorized"), Fault.CARRIER_CREDENTIAL, None),
        (WireResponse(429, b"", {"retry-after": "3"}), Fault.RATE_LIMITED, 3.0),
        (answer({"message": "instance in starting process try later"}, 400), Fault.RATE_LIMITED, 5.0),
        (answer({"message": "custom webhook url is set"}, 400), Fault.CARRIER_REFUSED, None),
        (WireResponse(502), Fault.CARRIER_REFUSED, None),
    ],
)
def test_a_refusal_ends_the_round(reply: WireResponse, fault: Fault, seconds: float | None) -> None:
    for answers in ([reply], [TAKEN, reply]):
        with pytest.raises(Refusal) as raised:
            play(CARRIER.fetch(POLLING), answers)
        assert (raised.value.fault, raised.value.retry_after) == (fault, seconds)


def test_the_words_of_a_refusal_are_kept() -> None:
    with pytest.raises(Refusal, match="400: Message cannot be received"):
        play(CARRIER.fetch(POLLING), [answer({"message": "Message cannot be received because …"}, 400)])


# ---- set


def asked_to_set(**settings: str) -> dict[str, Any]:
    request = request_of(CARRIER.set_callback(HOOK, route(**settings)))
    assert request.url == f"{HOME}/setSettings/{TOKEN}"
    found = find(DIALECT, reaching(request))
    assert found is not None
    # The dialect of the same vendor takes all of it.
    assert found[0].read(found[1])
    body: dict[str, Any] = json.loads(request.body)
    return body


def test_notifications_are_posted_to_us_with_all_that_is_heard() -> None:
    on = dict.fromkeys(words.SWITCHES, "yes")
    assert asked_to_set() == {"webhookUrl": HOOK, **on}
    assert asked_to_set(webhook_token="sample") == {"webhookUrl": HOOK, "webhookUrlToken": "sample", **on}
    assert asked_to_set(receive="poll") == {"webhookUrl": "", **on}


def test_settings_are_saved_or_refused() -> None:
    assert play(CARRIER.set_callback(HOOK, route()), [answer({"saveSettings": True})]).end is None
    for reply in (answer({"saveSettings": False}), WireResponse(200, b"ok")):
        with pytest.raises(Refusal, match="not saved"):
            play(CARRIER.set_callback(HOOK, route()), [reply])
    with pytest.raises(Refusal) as raised:
        play(CARRIER.set_callback(HOOK, route()), [WireResponse(403)])
    assert raised.value.fault is Fault.CARRIER_CREDENTIAL


# ---- checked

ASKED = [("GET", f"{HOME}/getStateInstance/{TOKEN}"), ("GET", f"{HOME}/getSettings/{TOKEN}")]
AUTHORIZED = answer({"stateInstance": "authorized"})
GOOD = {"wid": f"{NUMBER}@c.us", **DEFAULTS, "webhookUrl": HOOK, **dict.fromkeys(words.SWITCHES, "yes")}
WELL = [Finding("credential"), Finding("number"), Finding("webhook")]


def findings(settings: Any, state: Any = AUTHORIZED, **set_: str) -> list[Finding]:
    reply = settings if isinstance(settings, WireResponse) else answer(settings)
    played = play(CARRIER.check(HOOK, route(**set_)), [state, reply])
    assert played.asked == ASKED
    return list(played.end)


def faults(*args: Any, **set_: str) -> dict[str, str]:
    return {each.what: each.fault for each in findings(*args, **set_) if each.fault}


def test_a_route_that_is_well() -> None:
    assert findings(GOOD) == WELL
    assert findings({**GOOD, "webhookUrl": ""}, receive="poll") == WELL
    assert findings({**GOOD, "webhookUrlToken": "sample"}, webhook_token="sample") == WELL
    assert findings({**GOOD, "webhookUrlToken": "sample"}) == WELL


def test_a_route_set_up_by_us_is_well() -> None:
    body = asked_to_set()
    assert findings({**GOOD, **dict.fromkeys(words.SWITCHES, "no"), **body}) == WELL
    assert READ_ONLY.isdisjoint(body)


@pytest.mark.parametrize(
    ("reply", "what"),
    [(WireResponse(401), "credential"), (WireResponse(403), "credential"), (WireResponse(502), "account")],
)
def test_a_key_that_is_wrong_is_found(reply: WireResponse, what: str) -> None:
    played = play(CARRIER.check(HOOK, route()), [reply])
    assert played.asked == ASKED[:1]
    ((finding),) = played.end
    assert finding.what == what
    assert finding.fault
    assert finding.repair


@pytest.mark.parametrize("state", ["notAuthorized", "blocked", "yellowCard", "starting", "sleepMode", None, "dreaming"])
def test_an_instance_that_cannot_send_is_found(state: str | None) -> None:
    reply = answer({"stateInstance": state} if state else None)
    assert faults(GOOD, reply) == {"account": f"the instance is {state or 'not ready'}"}


def test_an_instance_with_another_number_is_found() -> None:
    assert faults({**GOOD, "wid": "15550100000@c.us"}) == {"number": "the instance sends from 15550100000"}
    assert Finding("number") not in findings({**GOOD, "wid": ""})


def test_notifications_that_go_elsewhere_are_found() -> None:
    other = {**GOOD, "webhookUrl": "https://other.example/hook?key=sample"}
    assert faults(other) == {"webhook": "notifications go to other.example"}
    assert faults(other, receive="poll") == {"webhook": "notifications go to other.example, and cannot be fetched"}
    kept = "notifications are kept to be fetched, and posted nowhere"
    assert faults({**GOOD, "webhookUrl": ""}) == {"webhook": kept}
    assert faults({**GOOD, "webhookUrl": "https://[::1"}) == {"webhook": "notifications go to another address"}


def test_notifications_that_are_switched_off_are_found() -> None:
    off = {**GOOD, "incomingWebhook": "no", "stateWebhook": None}
    assert faults(off) == {"webhook": "switched off: incomingWebhook, stateWebhook"}


def test_another_token_is_found_and_not_told() -> None:
    found = faults({**GOOD, "webhookUrlToken": "sample-1"}, webhook_token="sample-2")
    assert found == {"webhook": "the vendor sends another token than webhook_token"}


def test_a_vendor_slower_than_the_route_is_found() -> None:
    slow = {**GOOD, "delaySendMessagesMilliseconds": 3000}
    assert faults(slow) == {"pace": "the vendor waits 3000 ms between two messages, the route 500 ms"}
    assert faults(slow, delay="3000") == {}


def test_settings_that_cannot_be_read_are_found() -> None:
    assert list(faults(WireResponse(429))) == ["webhook"]
    assert "webhook" in faults(answer([]))


# ---- the dialect's order of refusals


def path(verb: str, method: str, body: bytes = b"") -> WireRequest:
    return WireRequest(verb, f"/waInstance1101000001/{method}/{TOKEN}", {}, body)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (path("GET", "sendMessage"), Fault.UNKNOWN_METHOD),
        (path("PUT", "getSettings"), Fault.UNKNOWN_METHOD),
        (path("POST", "sendNothing"), Fault.UNKNOWN_METHOD),
        (path("POST", "sendMessage", b"x" * 102_401), Fault.TOO_LARGE),
        (path("POST", "sendMessage", b"x" * 102_400), Fault.MALFORMED),
        (path("GET", "getSettings", b"x" * 102_401), Fault.TOO_LARGE),
    ],
)
def test_instance_and_token_are_looked_at_before_verb_and_size(request_: WireRequest, fault: Fault) -> None:
    found = find(DIALECT, request_)
    assert found is not None
    endpoint, request = found
    assert DIALECT.credential(request).public == "1101000001"
    with pytest.raises(Refusal) as raised:
        endpoint.read(request)
    assert raised.value.fault is fault
    assert len(request_.body) <= DIALECT.max_body
