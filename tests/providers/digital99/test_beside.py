"""What the carrier offers beside sending."""

import json
from dataclasses import replace
from typing import Any

import pytest

from parlance.contract.vendor import Checks, Fetches, Finding, ListsTemplates, SetsCallback
from parlance.model.address import phone
from parlance.model.command import (
    ChangeSettings,
    ListTemplates,
    ReadSettings,
    Reply,
    Settings,
    Templates,
)
from parlance.model.fault import Fault, Refusal
from parlance.model.message import (
    Text,
)
from parlance.model.outcome import Unsure
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireResponse
from parlance.providers.digital99 import words
from providers.digital99.talk import (
    ADDRESS,
    CARRIER,
    CUSTOMER,
    DIALECT,
    NUMBER,
    ROUTE,
    SENDER,
    asked,
    end,
    ended,
    fail,
    ok,
    outgoing,
    read,
)


def test_what_it_offers_beside_sending() -> None:
    for kind in (ListsTemplates, SetsCallback, Checks):
        assert isinstance(CARRIER, kind)
    assert not isinstance(CARRIER, Fetches)


def test_templates_are_listed_as_the_dialect_lists_them() -> None:
    kept = [
        TemplateRecord(0, 0, "plain", "en_US", "UTILITY", "approved", "Hello {{1}}"),
        TemplateRecord(0, 0, "sale", "he", "MARKETING", "paused", "רק היום", "text", "מבצע", "99"),
    ]
    box = TemplateRecord(0, 0, "box", "en_US", "UTILITY", "approved", "Here", "image")
    steps = CARRIER.templates(ROUTE)
    endpoint, command = read(asked(steps))
    assert command == ListTemplates()
    answer = endpoint.write(Templates(command, SENDER, (*kept, box)))
    assert end(steps, answer) == tuple(kept)


def test_a_template_is_read_as_far_as_it_can_be() -> None:
    body = [{"type": "body", "text": "Hi"}]
    listed = [
        {"name": "a", "language": 2, "status": "reviewed", "category": True, "template": body},
        {"name": "b", "language": True, "template": body},
        {"name": "c", "language": 99, "template": body},
        {"name": "", "language": "en", "template": body},
        {"name": "e", "language": "en", "template": 5},
        5,
    ]
    found = ended(CARRIER.templates(ROUTE), ok(list=listed))
    assert found == (TemplateRecord(0, 0, "a", "en", "", "submitted", "Hi"),)
    assert ended(CARRIER.templates(ROUTE), ok(list="none")) == ()


@pytest.mark.parametrize(
    ("answer", "fault", "detail", "retry_after"),
    [
        (fail(2), Fault.CARRIER_CREDENTIAL, words.ACCOUNT[2], None),
        (fail(3), Fault.CARRIER_CREDENTIAL, words.ACCOUNT[3], None),
        (WireResponse(403), Fault.CARRIER_CREDENTIAL, "HTTP 403", None),
        (fail(10), Fault.RATE_LIMITED, "", None),
        (WireResponse(429, b"", {"retry-after": "3"}), Fault.RATE_LIMITED, "", 3),
        (fail(9), Fault.CARRIER_REFUSED, "getTemplates failed: reason 9", None),
        (replace(fail(2), status=404), Fault.CARRIER_REFUSED, "getTemplates failed: reason 2", None),
        (WireResponse(503), Fault.CARRIER_REFUSED, "getTemplates failed: HTTP 503", None),
        (WireResponse(200, b"[]"), Fault.CARRIER_REFUSED, "getTemplates failed: HTTP 200", None),
    ],
)
def test_a_list_that_is_refused(answer: WireResponse, fault: Fault, detail: str, retry_after: float | None) -> None:
    with pytest.raises(Refusal) as caught:
        ended(CARRIER.templates(ROUTE), answer)
    assert (caught.value.fault, caught.value.detail, caught.value.retry_after) == (fault, detail, retry_after)


def test_setting_the_callback_keeps_what_was_set_besides() -> None:
    document = {"url": "https://old.example.org", "systemPhoneAlert": "972500000001,972500000002", "retry": 0}
    steps = CARRIER.set_callback(ADDRESS, ROUTE)
    step = next(steps)
    endpoint, command = read(step.request)
    assert command == ReadSettings()
    step = steps.send(endpoint.write(Settings(command, SENDER, document)))
    endpoint, command = read(step.request)
    assert isinstance(command, ChangeSettings)
    after = DIALECT.change(document, command.changes)
    assert after == {
        "url": ADDRESS,
        "system": 1,
        "systemPhoneAlert": "972500000001,972500000002",
        "readStatus": 1,
        "retry": 1,
    }
    reply: Reply = Settings(command, SENDER, after)
    assert end(steps, endpoint.write(reply)) is None


@pytest.mark.parametrize("phones", ["", " ", None, 5])
def test_setting_the_callback_clears_nothing(phones: object) -> None:
    steps = CARRIER.set_callback(ADDRESS, ROUTE)
    next(steps)
    body = json.loads(steps.send(ok(systemPhoneAlert=phones)).request.body)
    assert body == {
        "apiKey": "k-7f3a-demo",
        "from": NUMBER,
        "url": ADDRESS,
        "readStatus": 1,
        "system": 1,
        "retry": 1,
    }


def test_a_callback_that_the_vendor_refuses() -> None:
    steps = CARRIER.set_callback(ADDRESS, ROUTE)
    next(steps)
    steps.send(ok())
    with pytest.raises(Refusal) as caught:
        steps.send(fail(4))
    assert (caught.value.fault, caught.value.detail) == (Fault.CARRIER_REFUSED, "setWebhook failed: reason 4")


@pytest.mark.parametrize(
    ("answer", "what"), [(fail(2), "number"), (fail(3), "credential"), (WireResponse(401), "credential")]
)
def test_a_check_finds_a_wrong_account(answer: WireResponse, what: str) -> None:
    (found,) = ended(CARRIER.check(ADDRESS, ROUTE), answer)
    assert found.what == what
    assert found.fault
    assert "api_key" in found.repair


def test_a_check_looks_at_the_webhook() -> None:
    well = (Finding("credential"), Finding("number"), Finding("webhook"))
    assert _checked(url=ADDRESS, system="1", retry=1, readStatus=1) == well
    (*rest, webhook) = _checked(url="https://old.example.org", system="0", retry=0)
    assert rest == list(well[:2])
    assert webhook.fault.count(".") == 4
    assert "old.example.org" not in webhook.fault
    assert webhook.repair


def _checked(**said: Any) -> tuple[Finding, ...]:
    steps = CARRIER.check(ADDRESS, ROUTE)
    next(steps)
    steps.send(ok(displayName="Demo"))
    return end(steps, ok(**said))


def test_a_check_without_an_answer_is_refused() -> None:
    with pytest.raises(Refusal):
        ended(CARRIER.check(ADDRESS, ROUTE), WireResponse(503))


def test_nobody_can_be_asked() -> None:
    unsure = Unsure("the vendor offers no call for this")
    for steps in (CARRIER.find(phone(CUSTOMER), ROUTE), CARRIER.look_up(outgoing(Text("hi")), "", ROUTE)):
        with pytest.raises(StopIteration) as end:
            next(steps)
        assert end.value.value == unsure


def test_it_sends_as_fast_as_may_be() -> None:
    assert CARRIER.limits(ROUTE).per_second is None
