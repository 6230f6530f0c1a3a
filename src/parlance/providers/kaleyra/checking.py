"""How a route fares at the vendor, as far as it can be asked: credential and callback profile (§10.1)."""

from collections.abc import Iterator
from typing import Any, Final

from parlance.contract.provider import Ask
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import carrying
from parlance.providers.kaleyra.wild import Wild, first, member

HEADER: Final = "x-callback-secret"
"""The header of a callback profile that holds the secret, where the route names no other."""

_CREDENTIAL, _WEBHOOK = "credential", "webhook"
_HOW = "In the vendor's console, make a POST profile with the route's callback address, and choose it for the number."


def check(address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
    """Ask for the account's callback profiles, which shows whether the key is good, and look for the one in use.

    How the vendor writes that answer is not known: whatever has a `url` in it counts as a profile. Which profile a
    number uses, and the number itself, cannot be asked for.
    """
    answer = yield Ask(WireRequest("GET", carrying.address(route, "v1", "callback/profiles"), carrying.headers(route)))
    said = carrying.read_body(answer, route)
    if answer.status in {401, 403}:
        words = str(carrying.why(said, answer.status, Fault.CARRIER_CREDENTIAL))
        return (Finding(_CREDENTIAL, words, "Set sid and api_key as the vendor's console shows them."),)
    if answer.status in {404, 405}:
        return (Finding(_WEBHOOK, "The vendor does not let callback profiles be looked at.", _HOW),)
    if answer.status != 200:
        raise _refusal(answer, said)
    return Finding(_CREDENTIAL), _profile(address, route, [*_profiles(said)])


def _refusal(answer: WireResponse, said: Wild) -> Refusal:
    words = str(carrying.why(said, answer.status, Fault.CARRIER_REFUSED))
    if answer.status == 429:
        pause = carrying.read_after(answer)
        return Refusal(Fault.RATE_LIMITED, detail=words, retry_after=None if pause is None else pause / 1000)
    return Refusal(Fault.CARRIER_REFUSED, detail=words)


def _profiles(said: Wild) -> Iterator[Wild]:
    waiting: list[Any] = [said]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if first(each, "url"):
                yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _profile(address: str, route: Route, profiles: list[Wild]) -> Finding:
    """Whether one of the profiles leads here, and brings what callbacks are known by."""
    wanted = route.settings.get("callback_profile", "")
    meant = [each for each in profiles if not wanted or first(each, "id", "profile_id") == wanted]
    if not meant:
        return Finding(_WEBHOOK, f"There is no callback profile {wanted}." if wanted else "There is no profile.", _HOW)
    here = [each for each in meant if first(each, "url").partition("?")[0] == address]
    if not here:
        return Finding(_WEBHOOK, "No callback profile leads to the route's callback address.", _HOW)
    secret = route.settings.get("callback_secret", "")
    header = (route.settings.get("callback_header") or HEADER).lower()
    if secret and not any(_brings(each, header, secret) for each in here):
        return Finding(_WEBHOOK, "The callback profile does not send the secret.", f"Give it the header {header}.")
    return Finding(_WEBHOOK)


def _brings(profile: Wild, header: str, secret: str) -> bool:
    """Whether a profile sends the secret; one that does not show its headers may well."""
    if "headers" not in profile:
        return True
    return secret in {
        first(member(profile, "headers"), name) for name in member(profile, "headers") if name.lower() == header
    }
