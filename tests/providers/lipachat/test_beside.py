"""What the carrier offers beside sending."""

from dataclasses import replace

import pytest

from parlance.contract.vendor import Checks, Fetches, Finding, ListsTemplates, SetsCallback
from parlance.model.address import phone
from parlance.model.command import ListTemplates, Templates
from parlance.model.fault import Fault, Refusal
from parlance.model.outcome import Unsure
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireResponse
from providers.lipachat.talk import CARRIER, CUSTOMER, DIALECT, NUMBER, ROUTE, SENDER, arrived, asked, ended
from vectors.play import find


def test_what_it_offers_beside_sending() -> None:
    assert isinstance(CARRIER, ListsTemplates)
    assert isinstance(CARRIER, Checks)
    assert not isinstance(CARRIER, SetsCallback)
    assert not isinstance(CARRIER, Fetches)


def test_templates_are_listed_as_the_dialect_lists_them() -> None:
    button = {"type": "URL", "text": "Track", "url": "https://example.org/{{1}}"}
    kept = [
        TemplateRecord(0, 0, "plain", "en", "UTILITY", "approved", "Hello {{1}}"),
        TemplateRecord(0, 0, "sale", "sw", "MARKETING", "paused", "Leo", "text", "Punguzo", "Acme", (button,)),
        TemplateRecord(0, 0, "box", "en_US", "UTILITY", "deactivated", "Here", "image"),
    ]
    steps = CARRIER.templates(ROUTE)
    request = arrived(asked(steps))
    found = find(DIALECT, request)
    assert found is not None
    endpoint, request = found
    assert DIALECT.credential(request).number == NUMBER
    assert endpoint.read(request) == ListTemplates()
    answer = endpoint.write(Templates(ListTemplates(), SENDER, tuple(replace(each, id=7) for each in kept)))
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    assert end.value.value == tuple(kept)


def test_templates_that_no_record_can_tell_are_left_out() -> None:
    body = b'{"type":"BODY","text":"Hi"}'
    listed = [
        b'{"name":"a","language":"en","components":[%s]}' % body,
        b'{"name":"a","language":"en","components":[%s,{"type":"HEADER","format":"LOCATION"}]}' % body,
        b'{"name":"","language":"en","components":[%s]}' % body,
        b'{"name":"a","components":[%s]}' % body,
        b'{"name":"a","language":"en","components":[]}',
        b'{"name":"a","language":"en","components":5}',
        b"5",
    ]
    answer = WireResponse(200, b'{"status":"success","data":{"data":[%s]}}' % b",".join(listed))
    records = ended(CARRIER.templates(ROUTE), answer)
    assert records == (TemplateRecord(0, 0, "a", "en", "", "submitted", "Hi"),)
    assert ended(CARRIER.templates(ROUTE), WireResponse(200, b'{"status":"success","data":{}}')) == ()


@pytest.mark.parametrize(
    ("answer", "fault", "detail", "retry_after"),
    [
        (
            WireResponse(401, b'{"message":"Invalid credentials"}'),
            Fault.CARRIER_CREDENTIAL,
            "Invalid credentials",
            None,
        ),
        (WireResponse(429, b"", {"retry-after": "3"}), Fault.RATE_LIMITED, "", 3),
        (WireResponse(429), Fault.RATE_LIMITED, "", None),
        (WireResponse(503), Fault.CARRIER_REFUSED, "HTTP 503", None),
        (WireResponse(200, b'{"status":"error","message":"Later"}'), Fault.CARRIER_REFUSED, "Later", None),
        (WireResponse(200, b"[]"), Fault.CARRIER_REFUSED, "HTTP 200", None),
    ],
)
def test_a_list_that_is_refused(answer: WireResponse, fault: Fault, detail: str, retry_after: float | None) -> None:
    with pytest.raises(Refusal) as caught:
        ended(CARRIER.templates(ROUTE), answer)
    assert (caught.value.fault, caught.value.detail, caught.value.retry_after) == (fault, detail, retry_after)


def test_a_check_finds_a_wrong_key() -> None:
    good = WireResponse(200, b'{"status":"success","data":{"data":[]}}')
    assert ended(CARRIER.check("https://a.example.org", ROUTE), good) == (Finding("credential"),)
    (found,) = ended(CARRIER.check("https://a.example.org", ROUTE), WireResponse(403, b""))
    assert (found.what, found.fault) == ("credential", "HTTP 403")
    assert "api_key" in found.repair
    with pytest.raises(Refusal):
        ended(CARRIER.check("https://a.example.org", ROUTE), WireResponse(503))


def test_nobody_can_be_looked_for() -> None:
    with pytest.raises(StopIteration) as end:
        next(CARRIER.find(phone(CUSTOMER), ROUTE))
    assert end.value.value == Unsure("the vendor cannot be asked")


def test_it_sends_as_fast_as_may_be() -> None:
    assert CARRIER.limits(ROUTE).per_second is None
