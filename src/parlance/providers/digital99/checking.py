"""Setting and checking what the account has set up for a route (spec/99digital.md §8, §11)."""

from collections.abc import Iterator, Mapping
from typing import Any

from parlance.contract.provider import Ask
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route
from parlance.providers.digital99.carrying import post
from parlance.providers.digital99.causes import read_ok, read_reason

UNKNOWN_NUMBER = 2
"""The reason for a number without an account (§11)."""

_WANTED = {
    "readStatus": "Statuses are not sent.",
    "system": "Notices of the number's own state are not sent.",
    "retry": "A callback that was not taken is not repeated.",
}
"""Flags that have to be on, and what it means when they are not."""


def set_callback(address: str, route: Route) -> Inquiry[None]:
    """Let callbacks go to `address`, with statuses, notices and repeats switched on.

    What was set besides is sent along as it was: whether the vendor keeps a field that is left out, no page says.
    Raises `Refusal`.
    """
    answer = yield Ask(post("getWebhook", route, {}))
    phones = read_ok("getWebhook", answer).get("systemPhoneAlert")
    kept = {"systemPhoneAlert": phones} if isinstance(phones, str) and phones.strip() else {}
    answer = yield Ask(post("setWebhook", route, {"url": address, **kept, **dict.fromkeys(_WANTED, 1)}))
    read_ok("setWebhook", answer)


def check(address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
    """Look at key, number and webhook; raises `Refusal` when the vendor cannot answer."""
    answer = yield Ask(post("getProfile", route, {}))
    try:
        read_ok("getProfile", answer)
    except Refusal as refusal:
        if refusal.fault is not Fault.CARRIER_CREDENTIAL:
            raise
        what = "number" if read_reason(answer) == UNKNOWN_NUMBER else "credential"
        return (Finding(what, refusal.detail, "Set api_key to the key of the account that has the route's number."),)
    answer = yield Ask(post("getWebhook", route, {}))
    faults = " ".join(_webhook_faults(read_ok("getWebhook", answer), address))
    repair = "Let the callback address be set at the vendor." if faults else ""
    return (Finding("credential"), Finding("number"), Finding("webhook", faults, repair))


def _webhook_faults(said: Mapping[str, Any], address: str) -> Iterator[str]:
    if said.get("url") != address:
        yield "Callbacks do not come to this route's address."
    for name, fault in _WANTED.items():
        if str(said.get(name)) != "1":
            yield fault
