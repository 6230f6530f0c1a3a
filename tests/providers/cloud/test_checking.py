"""How a route fares, and where its callbacks go."""

from typing import Any

import pytest

from parlance.contract.vendor import Checks, Finding, ListsTemplates, SetsCallback
from parlance.model.command import ChangeSettings
from parlance.model.fault import Fault, Refusal
from parlance.model.wire import WireResponse
from providers.cloud.talk import ADDRESS, ROUTE, body_of, carrier, complaint, dialect, received, route, said, talk
from vectors.play import find

NUMBER: dict[str, Any] = {
    "id": "100200300400500",
    "display_phone_number": "+1 555-010-0200",
    "verified_name": "Demo",
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "code_verification_status": "VERIFIED",
    "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    "webhook_configuration": {"whatsapp_business_account": ADDRESS, "application": "https://app.example.org/hook"},
}
APPS = {"data": [{"whatsapp_business_api_data": {"id": "1", "name": "App"}, "override_callback_uri": ADDRESS}]}
TOKEN = {
    "data": {
        "app_id": "1",
        "type": "SYSTEM_USER",
        "expires_at": 0,
        "is_valid": True,
        "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
    }
}
WELL = (Finding("credential"), Finding("number"), Finding("quality"), Finding("account"), Finding("webhook"))


def _check(number: object = NUMBER, apps: object = APPS, token: object = TOKEN) -> list[Finding]:
    answers = (each if isinstance(each, WireResponse) else said(each) for each in (number, apps, token))
    found, _ = talk(carrier().check(ADDRESS, ROUTE), *answers)
    return [finding for finding in found if finding.fault]


def test_it_is_what_the_contract_calls_it() -> None:
    for offer in (ListsTemplates, SetsCallback, Checks):
        assert isinstance(carrier(), offer)


def test_a_route_that_fares_well() -> None:
    found, asked = talk(carrier().check(ADDRESS, ROUTE), said(NUMBER), said(APPS), said(TOKEN))
    assert found == WELL
    assert [(request.method, request.url.partition("?")[0]) for request in asked] == [
        ("GET", "https://graph.facebook.com/v25.0/100200300400500"),
        ("GET", "https://graph.facebook.com/v25.0/900000000000001/subscribed_apps"),
        ("GET", "https://graph.facebook.com/v25.0/debug_token"),
    ]
    assert asked[0].url.endswith(
        "?fields=id,display_phone_number,verified_name,status,quality_rating,code_verification_status,health_status,"
        "webhook_configuration"
    )
    assert asked[2].url.endswith("?input_token=EAAdemo0example1token")


def test_the_calls_are_ones_that_our_own_dialect_takes() -> None:
    found, asked = talk(
        carrier().check(ADDRESS, ROUTE),
        said({"id": "100200300400500", "display_phone_number": "+15550100200", "quality_rating": "GREEN"}),
        said(APPS),
        complaint(2500, 404),
    )
    assert found == WELL
    assert [find(dialect(), received(request)) is not None for request in asked[:2]] == [True, True]


def test_a_wrong_credential_is_a_finding_and_ends_the_check() -> None:
    found, asked = talk(carrier().check(ADDRESS, ROUTE), complaint(190, 401, "The token has ended."))
    (finding,) = found
    assert (finding.what, finding.fault, len(asked)) == ("credential", "190: The token has ended.", 1)
    assert "access_token" in finding.repair


def test_trouble_at_the_vendor_is_no_finding() -> None:
    for answers, fault in (
        ([complaint(131000, 500)], Fault.CARRIER_REFUSED),
        ([complaint(4)], Fault.RATE_LIMITED),
        ([said(NUMBER), complaint(80007)], Fault.RATE_LIMITED),
    ):
        with pytest.raises(Refusal) as raised:
            talk(carrier().check(ADDRESS, ROUTE), *answers)
        assert raised.value.fault is fault


@pytest.mark.parametrize(
    ("changed", "what", "fault"),
    [
        ({"display_phone_number": "+1 555-010-0299"}, "number", "The vendor's number is 15550100299, not 15550100200."),
        ({"status": "BANNED"}, "number", "Its status is BANNED."),
        ({"quality_rating": "RED"}, "quality", "The quality rating is RED."),
        ({"health_status": {"can_send_message": "BLOCKED"}}, "account", "Sending is blocked."),
        ({"webhook_configuration": {"phone_number": "https://other.example.org/a/b?c"}}, "webhook",
         "Callbacks go to https://other.example.org."),
        ({"webhook_configuration": {"application": "https://app.example.org/hook"}}, "webhook",
         "Callbacks go to https://app.example.org."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_number_is_said(changed: dict[str, Any], what: str, fault: str) -> None:
    (finding,) = _check({**NUMBER, **changed})
    assert (finding.what, finding.fault) == (what, fault)
    assert finding.repair


def test_the_accounts_health_is_said_in_the_vendors_words() -> None:
    error = {"error_code": 141006, "error_description": "There is an error with the payment method.",
             "possible_solution": "Add a payment method."}  # fmt: skip
    health = {
        "can_send_message": "LIMITED",
        "entities": [
            {"entity_type": "PHONE_NUMBER", "id": "1", "can_send_message": "AVAILABLE"},
            {"entity_type": "WABA", "id": "2", "can_send_message": "BLOCKED", "errors": [error]},
        ],
    }
    assert _check({**NUMBER, "health_status": health}) == [
        Finding("account", "waba: 141006 There is an error with the payment method.", "Add a payment method."),
        Finding("account", "Sending is limited.", "See the account's health at the vendor."),
    ]


def test_an_account_that_the_token_does_not_own_is_said() -> None:
    findings = _check(apps=complaint(100, message="No such object.", error_subcode=33))
    assert [finding.fault for finding in findings] == ["100: No such object.", "No app is subscribed to the account."]


def test_an_account_without_apps_is_said() -> None:
    assert [finding.fault for finding in _check(apps={"data": []})] == ["No app is subscribed to the account."]


def test_where_callbacks_go_is_read_from_the_apps_where_the_number_does_not_tell() -> None:
    silent = {name: value for name, value in NUMBER.items() if name != "webhook_configuration"}
    assert _check(silent) == []
    assert _check(silent, {"data": [{"override_callback_uri": "https://other.example.org/a"}, *APPS["data"]]}) == []
    assert [each.fault for each in _check(silent, {"data": [{"whatsapp_business_api_data": {"id": "1"}}]})] == [
        "Callbacks go nowhere that the vendor tells of."
    ]


def test_a_token_that_ends_or_lacks_a_scope_is_said() -> None:
    data = {**TOKEN["data"], "expires_at": 1_790_000_000, "scopes": ["whatsapp_business_management"]}
    assert [finding.fault for finding in _check(token={"data": data})] == [
        "The token ends at 2026-09-21 14:13 UTC.",
        "The token lacks whatsapp_business_messaging.",
    ]


def test_settings_that_are_missing_are_said() -> None:
    bare = route(waba_id="", app_secret="")
    found, _ = talk(carrier().check(ADDRESS, bare), said(NUMBER), said(TOKEN))
    assert [finding.fault for finding in found if finding.fault] == [
        "waba_id is not set.",
        "Callbacks are not checked: app_secret is not set.",
    ]


# ---- setting the callback


def test_the_callback_is_set_with_a_token_that_the_handshake_knows() -> None:
    _, (request,) = talk(carrier().set_callback(ADDRESS, ROUTE), said({"success": True}))
    assert (request.method, request.url) == (
        "POST",
        "https://graph.facebook.com/v25.0/900000000000001/subscribed_apps",
    )
    assert body_of(request) == {"override_callback_uri": ADDRESS, "verify_token": "example-verify-token"}
    found = find(dialect(), received(request))
    assert found is not None
    command = found[0].read(found[1])
    assert isinstance(command, ChangeSettings)
    assert command.changes == {"url": ADDRESS, "verify_token": "example-verify-token"}
    assert command.proof is not None
    assert carrier().authentic(command.proof, ROUTE)
    assert carrier().hear(command.proof, ROUTE).answer.body == command.proven


def test_without_a_verify_token_the_addresss_own_is_shown() -> None:
    _, (request,) = talk(carrier().set_callback(ADDRESS, route(verify_token="")), said({"success": True}))
    assert body_of(request)["verify_token"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (said({"success": False}), Fault.CARRIER_REFUSED),
        (said({}), Fault.CARRIER_REFUSED),
        (complaint(2200, message="Callback verification failed"), Fault.CARRIER_REFUSED),
        (complaint(200, 403), Fault.CARRIER_CREDENTIAL),
    ],
)
def test_a_callback_that_was_not_set_is_told(answer: WireResponse, fault: Fault) -> None:
    with pytest.raises(Refusal) as raised:
        talk(carrier().set_callback(ADDRESS, ROUTE), answer)
    assert raised.value.fault is fault


def test_a_callback_that_cannot_be_set_is_refused_before_the_call() -> None:
    for address, ours, field in ((ADDRESS, route(waba_id=""), "waba_id"), ("https://x/" + "y" * 200, ROUTE, "address")):
        with pytest.raises(Refusal) as raised:
            talk(carrier().set_callback(address, ours))
        assert raised.value.field == field
