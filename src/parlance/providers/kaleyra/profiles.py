"""Callback profiles: where events go, by which method, and in whose form (spec/kaleyra.md §10.1, §10.4).

A profile has `id`, `title`, `http_method`, `url`, `headers` and, where it has one, `body`: a JSON object in which each
`<variable>` is replaced. An empty body stands for the payload of the vendor's second version.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from parlance.model.command import ChangeSettings, ReadSettings, Reply, Settings
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import wire, words
from parlance.rules import targets

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
WITH_BODY: Final = frozenset({"POST", "PUT"})
LONGEST_HEADER: Final = 1_024
MOST_HEADERS: Final = 32
MOST: Final = 100
"""Profiles of one sender."""

_TITLE = re.compile(r"[0-9A-Za-z _-]{3,255}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}")
# What belongs to the connection and not to the caller.
_RESERVED = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})
_FIELDS = ("title", "http_method", "url", "headers", "body")


# ---- checking


def checked(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Check what a profile holds and give it in order; raises `Malformed`, `Refusal` BAD_VALUE and BAD_URL."""
    whole = {name: profile.get(name) for name in _FIELDS}
    title, method = _text(whole, "title"), _text(whole, "http_method").upper()
    if not _TITLE.fullmatch(title):
        raise Refusal(Fault.BAD_VALUE, "title")
    if method not in METHODS:
        raise Refusal(Fault.BAD_VALUE, "http_method")
    body = whole["body"]
    if body is None and method in WITH_BODY:
        raise Malformed("body", "missing")
    if body is not None and not isinstance(body, dict):
        raise Malformed("body", "dict_type")
    if profile.get("enc"):
        raise Refusal(Fault.UNSUPPORTED, "enc", "Payloads are not encrypted.")
    shown = {"title": title, "http_method": method, "url": _url(_text(whole, "url")), "headers": _headers(whole)}
    return shown if body is None else {**shown, "body": body}


def _text(whole: Mapping[str, Any], name: str) -> str:
    value = whole[name]
    if not isinstance(value, str):
        raise Malformed(name, "missing" if value is None else "string_type")
    return value


def _url(url: str) -> str:
    # Whether private addresses are allowed is the operator's to say, and the engine asks again.
    if targets.fault_of(url, allow_private=True) or "<" in url.partition("?")[0] or "#" in url:
        raise Refusal(Fault.BAD_URL, "url")
    return url


def _headers(whole: Mapping[str, Any]) -> dict[str, str]:
    given = wire.held(whole, "headers")
    if len(given) > MOST_HEADERS:
        raise Refusal(Fault.BAD_VALUE, "headers")
    for name, value in given.items():
        if not isinstance(value, str):
            raise Malformed(f"headers.{name}", "string_type")
        fits = len(value) <= LONGEST_HEADER and value.isascii() and (value.isprintable() or not value)
        if not fits or name.lower() in _RESERVED or not _HEADER.fullmatch(name.lower()):
            raise Refusal(Fault.BAD_VALUE, f"headers.{name}")
    return {name.lower(): value for name, value in given.items()}


# ---- reading


def read_create(request: WireRequest) -> ChangeSettings:
    """Read a profile to make; raises as `checked` does."""
    profile = wire.parse(request)
    checked(profile)
    return ChangeSettings({"add": {name: profile[name] for name in _FIELDS if name in profile}})


def read_list(request: WireRequest) -> ReadSettings:  # noqa: ARG001  asks for nothing but itself
    """Read the call for all profiles."""
    return ReadSettings()


def read_one(request: WireRequest) -> ChangeSettings:
    """Read the call for one profile: a change of nothing, as only changes carry what their answer needs."""
    return ChangeSettings({}, echo={"id": request.params["id"]})


def read_change(request: WireRequest) -> ChangeSettings:
    """Read what is to be changed of a profile; raises `Malformed`. The profile as a whole is checked with the rest."""
    given = wire.parse(request)
    if given.get("enc"):
        raise Refusal(Fault.UNSUPPORTED, "enc", "Payloads are not encrypted.")
    fields = {name: given[name] for name in _FIELDS if name in given}
    return ChangeSettings({"edit": {**fields, "id": request.params["id"]}}, echo={"id": request.params["id"]})


def read_remove(request: WireRequest) -> ChangeSettings:
    """Read the call that removes a profile."""
    return ChangeSettings({"remove": request.params["id"]})


# ---- the answers


def write_created(reply: Reply) -> WireResponse:
    """Write the profile just made: the newest one."""
    return _write(_listed(reply)[-1])


def write_list(reply: Reply) -> WireResponse:
    """Write all profiles, the oldest first."""
    return _write(_listed(reply))


def write_one(reply: Reply) -> WireResponse:
    """Write the profile asked for; one that is not there is a path that is not there."""
    found = [each for each in _listed(reply) if each["id"] == _asked(reply)]
    return _write(found[0]) if found else wire.refuse(Refusal(Fault.UNKNOWN_METHOD, "id"))


def write_removed(reply: Reply) -> WireResponse:
    """Write that a profile is gone."""
    _listed(reply)
    return _write({})


def _write(data: Any) -> WireResponse:
    return wire.answer(wire.envelope(words.DONE, words.DONE_MESSAGE, data, {}))


def _listed(reply: Reply) -> list[Mapping[str, Any]]:
    if not isinstance(reply, Settings):
        raise TypeError(f"not settings: {type(reply).__name__}")
    return list(reply.document.get("profiles", ()))


def _asked(reply: Reply) -> str:
    match reply:
        case Settings(command=ChangeSettings(echo={"id": str(wanted)})):
            return wanted
        case _:
            raise TypeError(f"no profile was named: {type(reply).__name__}")
