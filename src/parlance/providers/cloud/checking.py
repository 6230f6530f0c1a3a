"""How a route fares at the vendor, and where the vendor's callbacks go.

Shapes, seen 2026-11-20: the page on health under
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/health-status, that on callbacks under
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override/, that on tokens under
https://developers.facebook.com/docs/graph-api/reference/debug_token.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from parlance.contract.provider import Ask
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.address import phone
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route
from parlance.providers.cloud import causes, tame
from parlance.providers.cloud.calls import graph
from parlance.providers.cloud.hearing import verify_token

LONGEST_ADDRESS: Final = 200
"""Characters in a callback address that the vendor takes."""
NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,status,quality_rating,code_verification_status,health_status,"
    "webhook_configuration"
)
SCOPES: Final = {
    "whatsapp_business_messaging": "Nothing can be sent without it.",
    "whatsapp_business_management": "Templates and callbacks cannot be managed without it.",
}
_WELL: Final = frozenset({"GREEN", "NA", "UNKNOWN", ""})
_SUBSCRIBED: Final = "{waba_id}/subscribed_apps"


def set_callback(address: str, route: Route) -> Inquiry[None]:
    """Subscribe the app to the account and send its messages' callbacks to `address`; raises `Refusal`.

    The vendor shakes hands with the address while we wait. Notices of accounts and templates keep going to the app's
    own address, and which fields the app hears of is set at the app: neither has a call that this token may make.
    """
    if not route.settings.get("waba_id"):
        raise Refusal(Fault.BAD_VALUE, "waba_id", "Setting the callback needs the setting waba_id.")
    if len(address) > LONGEST_ADDRESS:
        raise Refusal(Fault.BAD_URL, "address", f"The vendor takes callback addresses of {LONGEST_ADDRESS} characters.")
    body = {"override_callback_uri": address, "verify_token": verify_token(route)}
    said = causes.read_reply((yield Ask(graph(route, "POST", _SUBSCRIBED, body=body))), route)
    if said.get("success") is not True:
        raise Refusal(Fault.CARRIER_REFUSED, detail="The vendor did not say that it was done.")


def check(address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
    """Look at number and account, at where callbacks go, and at the token; raises `Refusal` where a call must wait."""
    try:
        query = {"fields": NUMBER_FIELDS}
        number = causes.read_reply((yield Ask(graph(route, "GET", "{phone_number_id}", query=query))), route)
    except Refusal as refusal:
        if refusal.fault is not Fault.CARRIER_CREDENTIAL:
            raise
        repair = "Check access_token and phone_number_id, and that the token's system user has the account assigned."
        return (Finding("credential", refusal.detail, repair),)
    findings = [Finding("credential"), *_number(number, route), *_account(number)]
    apps: tuple[Mapping[str, Any], ...] = ()
    if route.settings.get("waba_id"):
        try:
            apps = tame.inners(causes.read_reply((yield Ask(graph(route, "GET", _SUBSCRIBED))), route), "data")
        except Refusal as refusal:
            if refusal.fault is Fault.RATE_LIMITED:
                raise
            findings.append(Finding("account", refusal.detail, "Check waba_id and what the token may manage."))
    else:
        findings.append(Finding("account", "waba_id is not set.", "Set it to list templates and to set the callback."))
    findings += _webhook(address, number, apps, route)
    query = {"input_token": route.settings.get("access_token", "")}
    token = tame.inner(tame.read((yield Ask(graph(route, "GET", "debug_token", query=query))).body), "data")
    return (*findings, *_token(token))


def _number(number: Mapping[str, Any], route: Route) -> Iterator[Finding]:
    shown = "".join(letter for letter in tame.text(number, "display_phone_number") if letter in "0123456789")
    status = tame.text(number, "status")
    if shown and phone(shown).alias != phone(route.number).alias:
        yield Finding("number", f"The vendor's number is {shown}, not {route.number}.", "Check phone_number_id.")
    elif status not in {"CONNECTED", ""}:
        yield Finding("number", f"Its status is {status}.", "Register the number, or see its page at the vendor.")
    else:
        yield Finding("number")
    rating = tame.text(number, "quality_rating")
    bad = f"The quality rating is {rating}." if rating not in _WELL else ""
    yield Finding("quality", bad, "Customers block or report the number: write less, or other things." if bad else "")


def _account(number: Mapping[str, Any]) -> Iterator[Finding]:
    health = tame.inner(number, "health_status")
    sending = tame.text(health, "can_send_message")
    if sending in {"AVAILABLE", ""}:
        yield Finding("account")
        return
    for entity in tame.inners(health, "entities"):
        for error in tame.inners(entity, "errors"):
            what = tame.text(entity, "entity_type").lower().replace("_", " ")
            fault = f"{what}: {tame.text(error, 'error_code')} {tame.text(error, 'error_description')}"
            yield Finding("account", fault[: causes.LONGEST], tame.text(error, "possible_solution")[: causes.LONGEST])
    yield Finding("account", f"Sending is {sending.lower()}.", "See the account's health at the vendor.")


def _webhook(
    address: str, number: Mapping[str, Any], apps: tuple[Mapping[str, Any], ...], route: Route
) -> Iterator[Finding]:
    """The number's own address comes before the account's, that before the app's."""
    known = tame.inner(number, "webhook_configuration")
    levels = [tame.text(known, level) for level in ("phone_number", "whatsapp_business_account", "application")]
    overrides = [tame.text(each, "override_callback_uri") for each in apps]
    goes = next(filter(None, levels if known else overrides), "")
    if goes != address and (known or address not in overrides):
        where = f"Callbacks go to {_host(goes)}." if goes else "Callbacks go nowhere that the vendor tells of."
        yield Finding("webhook", where, f"Set {address} as the callback address.")
    elif route.settings.get("waba_id") and not apps:
        yield Finding("webhook", "No app is subscribed to the account.", "Subscribe it: set the callback address anew.")
    else:
        yield Finding("webhook")
    if not route.settings.get("app_secret"):
        yield Finding("webhook", "Callbacks are not checked: app_secret is not set.", "Set the app's secret.")


def _host(address: str) -> str:
    """As much of a stranger's callback address as may be shown."""
    return "/".join(address.split("/")[:3])


def _token(token: Mapping[str, Any]) -> Iterator[Finding]:
    """What the vendor says of the token, where it says anything: some tokens may not ask."""
    ends = tame.code(token, "expires_at")
    if ends:
        day = datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield Finding("credential", f"The token ends at {day}.", "Use a system user's token, which does not end.")
    scopes = token.get("scopes")
    for scope, without in SCOPES.items():
        if isinstance(scopes, list) and scope not in scopes:
            yield Finding("credential", f"The token lacks {scope}.", without)
