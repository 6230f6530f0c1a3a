"""What can be asked of a route at the vendor."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from parlance.contract.provider import Ask
from parlance.contract.vendor import Checks, Finding, SetsCallback
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route
from parlance.model.wire import WireResponse
from parlance.providers.kaleyra.carrier import KaleyraCarrier

HERE = "https://gateway.example.org/callbacks/kaleyra/token"
KEY = "Ademo0000000000000000000000000001"
GOOD = Finding("credential")
PROFILE = {"id": 7, "title": "gateway", "http_method": "POST", "url": HERE}
CARRIER = KaleyraCarrier()


def check(answer: WireResponse, **settings: str) -> tuple[Finding, ...]:
    """The findings where the vendor answers so."""
    route = Route(1, 1, "kaleyra", "15550100200", {"sid": "HX1", "api_key": KEY, **settings})
    steps = CARRIER.check(HERE, route)
    asked = next(steps)
    assert isinstance(asked, Ask)
    assert (asked.request.method, asked.request.url) == ("GET", "https://api.in.kaleyra.io/v1/HX1/callback/profiles")
    assert asked.request.headers["api-key"] == KEY
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    found: tuple[Finding, ...] = end.value.value
    return found


def profiles(*listed: Mapping[str, Any], status: int = 200) -> WireResponse:
    """A list of profiles, as our own dialect writes it."""
    return WireResponse(
        status, json.dumps({"code": "WA200", "message": "Success", "data": listed, "error": {}}).encode()
    )


@pytest.mark.parametrize(
    "answer",
    [
        profiles(PROFILE),
        profiles({**PROFILE, "url": f"{HERE}?id=<id>&status=<status>"}),
        profiles({**PROFILE, "url": "https://elsewhere.example.org/"}, PROFILE),
        WireResponse(200, json.dumps({"data": {"profiles": [{"profile": PROFILE}]}}).encode()),
    ],
    ids=["one", "with a query", "of several", "in another shape"],
)
def test_a_profile_that_leads_here_is_all_well(answer: WireResponse) -> None:
    assert check(answer) == (GOOD, Finding("webhook"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_a_finding(status: int) -> None:
    said = {"code": "RBC001", "message": f"Incorrect: {KEY}", "data": [], "error": {}}
    (found,) = check(WireResponse(status, json.dumps(said).encode()))
    assert (found.what, found.fault) == ("credential", "RBC001: Incorrect: ***")
    assert found.repair


@pytest.mark.parametrize(
    "answer",
    [
        profiles(),
        profiles({**PROFILE, "url": "https://elsewhere.example.org/"}),
        WireResponse(200, b"[]"),
        WireResponse(200),
    ],
    ids=["none", "another address", "no object", "no body"],
)
def test_no_profile_that_leads_here_is_told_with_its_repair(answer: WireResponse) -> None:
    credential, webhook = check(answer)
    assert credential == GOOD
    assert webhook.what == "webhook"
    assert webhook.fault
    assert "POST" in webhook.repair
    assert "token" not in webhook.fault + webhook.repair


def test_a_profile_is_known_by_its_id() -> None:
    other = {**PROFILE, "id": "8", "url": "https://elsewhere.example.org/"}
    assert check(profiles(PROFILE, other), callback_profile="7")[1] == Finding("webhook")
    assert check(profiles(PROFILE, other), callback_profile="8")[1].fault.startswith("No callback profile leads")
    assert check(profiles(PROFILE, other), callback_profile="9")[1].fault == "There is no callback profile 9."


@pytest.mark.parametrize(
    ("headers", "well"),
    [
        ({"X-Callback-Secret": "s-demo-1"}, True),
        ({"x-callback-secret": "s-demo-2"}, False),
        ({"authorization": "s-demo-1"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_profile_that_does_not_send_the_secret_is_told(headers: object, well: bool) -> None:
    webhook = check(profiles({**PROFILE, "headers": headers}), callback_secret="s-demo-1")[1]
    assert (webhook == Finding("webhook")) is well
    assert "s-demo" not in webhook.fault + webhook.repair


def test_a_profile_that_hides_its_headers_may_well_send_the_secret() -> None:
    assert check(profiles(PROFILE), callback_secret="s-demo-1")[1] == Finding("webhook")


@pytest.mark.parametrize("status", [404, 405])
def test_a_vendor_without_such_a_list_is_no_wrong_key(status: int) -> None:
    (found,) = check(WireResponse(status, b"<html>"))
    assert found.what == "webhook"
    assert found.fault == "The vendor does not let callback profiles be looked at."


@pytest.mark.parametrize(
    ("answer", "fault", "after"),
    [
        (WireResponse(429, b"", {"retry-after": "5"}), Fault.RATE_LIMITED, 5.0),
        (WireResponse(429), Fault.RATE_LIMITED, None),
        (WireResponse(500), Fault.CARRIER_REFUSED, None),
        (WireResponse(302), Fault.CARRIER_REFUSED, None),
    ],
)
def test_what_cannot_be_answered_now_is_refused(answer: WireResponse, fault: Fault, after: float | None) -> None:
    with pytest.raises(Refusal) as raised:
        check(answer)
    assert (raised.value.fault, raised.value.retry_after) == (fault, after)
    assert raised.value.detail == f"HTTP {answer.status}"


def test_a_route_can_be_looked_at_but_where_callbacks_go_is_set_in_the_vendors_console() -> None:
    assert isinstance(CARRIER, Checks)
    assert not isinstance(CARRIER, SetsCallback)
