"""What an instance is set to, and whether that is what its route needs (spec/greenapi.md §6.1, §6.2)."""

import hmac
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from parlance.contract.provider import Ask
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.address import phone
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route
from parlance.providers.greenapi import causes, words
from parlance.providers.greenapi.carrying import asking, request, settling
from parlance.providers.greenapi.chats import read_chat
from parlance.providers.greenapi.wild import Wild, first, label, object_of, text

SHORTEST_DELAY: Final = 500
LONGEST_DELAY: Final = 600_000
"""Milliseconds between two departures, as the vendor takes them (§4.5)."""

_AUTHORIZED: Final = "authorized"
_SET: Final = "run: parlance sender route, which sets it at the vendor"


def delay_of(route: Route) -> int:
    """Milliseconds between two departures by this route; 0 for none of ours, where the vendor's queue has its own."""
    given = route.settings.get("delay", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        return SHORTEST_DELAY
    return min(int(given), LONGEST_DELAY)


def set_callback(address: str, route: Route) -> Inquiry[None]:
    """Set where notifications go and which there are. It restarts the instance and takes up to five minutes."""
    answer = yield Ask(request(route, settling(address, route)))
    if answer.status != 200:
        raise causes.refusal(answer, route)
    if object_of(answer).get("saveSettings") is not True:
        raise Refusal(Fault.CARRIER_REFUSED, detail="The settings were not saved.")


def check(address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
    """Look at the instance's state and settings."""
    answer = yield Ask(asking(route, "getStateInstance"))
    if answer.status != 200:
        return (_closed(causes.refusal(answer, route)),)
    found = [Finding("credential"), *_state(label(object_of(answer), "stateInstance"))]
    answer = yield Ask(asking(route, "getSettings"))
    if answer.status != 200:
        refusal = causes.refusal(answer, route)
        return (*found, Finding("webhook", f"its settings could not be read: {refusal.detail}", "try again later"))
    settings = object_of(answer)
    return (*found, *_number(settings, route), *_webhook(settings, address, route), *_pace(settings, route))


def _closed(refusal: Refusal) -> Finding:
    if refusal.fault is Fault.CARRIER_CREDENTIAL:
        repair = "copy apiUrl, idInstance and apiTokenInstance from the console, and look there whether it is paid for"
        return Finding("credential", refusal.detail, repair)
    return Finding("account", refusal.detail, "try again later")


def _state(state: str) -> Iterator[Finding]:
    if state == _AUTHORIZED:
        return
    repair = {
        "yellowCard": "send less, then call reboot",
        "blocked": "the number is banned from WhatsApp: use another one",
        "starting": "wait up to five minutes",
        "": "wait until the instance is created, up to five minutes",
    }.get(state, "link the device by the code in the console")
    yield Finding("account", f"the instance is {state or 'not ready'}", repair)


def _number(settings: Wild, route: Route) -> Iterator[Finding]:
    own = read_chat(first(settings, "wid"))
    if own is not None and own.alias != phone(route.number).alias:
        yield Finding("number", f"the instance sends from {own.value}", f"link it to {route.number}")
    elif own is not None:
        yield Finding("number")


def _webhook(settings: Wild, address: str, route: Route) -> Iterator[Finding]:
    """Where notifications go; whoever else gets or fetches them takes them from us."""
    wanted = "" if route.settings.get("receive") == "poll" else address
    url = first(settings, "webhookUrl")
    off = [name for name in words.SWITCHES if settings.get(name) != "yes"]
    if url != wanted:
        yield Finding("webhook", _misdirected(url, wanted), _SET)
    elif off:
        yield Finding("webhook", f"switched off: {', '.join(off)}", _SET)
    elif wanted and not _same_token(settings, route):
        yield Finding("webhook", "the vendor sends another token than webhook_token", _SET)
    else:
        yield Finding("webhook")


def _misdirected(url: str, wanted: str) -> str:
    if not url:
        return "notifications are kept to be fetched, and posted nowhere"
    # Another program's address may hold its secrets: only the host is told.
    host = urlsplit(url).hostname if url.isascii() and "[" not in url else None
    return f"notifications go to {host or 'another address'}" + ("" if wanted else ", and cannot be fetched")


def _same_token(settings: Wild, route: Route) -> bool:
    ours = route.settings.get("webhook_token", "")
    return not ours or hmac.compare_digest(first(settings, "webhookUrlToken").encode(), ours.encode())


def _pace(settings: Wild, route: Route) -> Iterator[Finding]:
    theirs = text(settings.get("delaySendMessagesMilliseconds"))
    if theirs.isdigit() and int(theirs) > delay_of(route):
        yield Finding(
            "pace",
            f"the vendor waits {theirs} ms between two messages, the route {delay_of(route)} ms",
            f"set delay={theirs}, or lower it in the console",
        )
