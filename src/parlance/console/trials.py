"""`/console/api/trials`: recorded requests of every dialect, made ready to be sent to this gateway.

In each, the recorded credential gives way to the local sender's, and the recorded recipient to a phone that is here.
The page that shows them sends them, as any client would: over HTTP, to the gateway's own addresses.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.guard import API
from parlance.contract.provider import Dialect
from parlance.model.command import Credential
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import from_text
from parlance.model.wire import WireRequest

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_SIDE = "client→us"
_PHONE = "972550000222"
"""The phone that stands in requests until another one is chosen; the demo's customer."""

_OWN_FAULTS = frozenset({Fault.BAD_CREDENTIAL, Fault.UNKNOWN_SENDER, Fault.FORBIDDEN})
"""Refusals that are about the credential: there the recorded one stays."""

Credentials = Mapping[str, Mapping[str, Any]]
"""A sender's credentials by dialect, each as it was shown when they were made."""


class Trials:
    """The calls."""

    def __init__(self, engine: "Engine", titles: Mapping[str, str], known: Callable[[], Mapping[str, Any]]) -> None:
        """`known` gives what `dev` set up: its sender's `id` and `credentials`; empty where it never ran."""
        self._engine = engine
        self._titles = titles
        self._known = known
        self._recorded: dict[str, list[dict[str, Any]]] = {}

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(f"{API}trials", self.dialects, methods=["GET"]),
            Route(f"{API}trials/{{dialect}}", self.trials, methods=["POST"]),
        ]

    async def dialects(self, _request: Request) -> Response:
        """Every dialect, with its ready examples where a local sender's credentials are known."""
        sender, credentials = await self._local()
        items = [
            {
                "name": name,
                "title": self._titles.get(name, name),
                "examples": [_shown(each) for each in dialect.example(credentials[name], _PHONE)]
                if name in credentials
                else [],
                "fields": dict(credentials.get(name, {})),
            }
            for name, dialect in sorted(self._engine.dialects.items())
        ]
        return JSONResponse({"sender": sender, "phone": _PHONE, "items": items})

    async def trials(self, request: Request) -> Response:
        """Every recorded request of one dialect with its variants, with the body's `fields` or those that are known."""
        name = request.path_params["dialect"]
        dialect = self._engine.dialects.get(name)
        if dialect is None:
            raise Refusal(Fault.UNKNOWN_METHOD)
        given = await _fields(request)
        _, credentials = await self._local()
        ours = _credential(dialect, given or credentials.get(name, {}))
        if name not in self._recorded:
            self._recorded[name] = list(_recorded(dialect))
        return JSONResponse(
            {"items": [[_ready(one, ours) for one in _versions(each)] for each in self._recorded[name]]},
        )

    async def _local(self) -> tuple[dict[str, str] | None, Credentials]:
        """The sender that `dev` set up, with those of its credentials that still work."""
        kept = self._known()
        sender_id = from_text(str(kept.get("id", "")))
        sender = await self._engine.store.sender(sender_id) if sender_id is not None else None
        if sender is None:
            return None, {}
        works: dict[str, Mapping[str, Any]] = {}
        for name, shown in kept.get("credentials", {}).items():
            dialect = self._engine.dialects.get(name)
            found = _credential(dialect, shown) if dialect else None
            if found and (key := await self._engine.store.find_key(name, found.secret)) and key.sender_id == sender.id:
                works[name] = shown
        return {"id": str(kept["id"]), "number": sender.number, "name": sender.name}, works


async def _fields(request: Request) -> dict[str, Any]:
    try:
        read = json.loads(await request.body() or b"{}")
    except ValueError:
        read = {}
    fields = read.get("fields") if isinstance(read, dict) else None
    return fields if isinstance(fields, dict) else {}


def _credential(dialect: Dialect, shown: Mapping[str, Any]) -> Credential | None:
    """What a request made with these fields shows of its sender; None where fields are missing."""
    try:
        request = dialect.example(shown, _PHONE)[0]
        return dialect.credential(replace(request, params=_params(dialect, request)))
    except (Refusal, KeyError, TypeError, ValueError, IndexError):
        return None


def _params(dialect: Dialect, request: WireRequest) -> dict[str, str]:
    """The named parts of a request's path."""
    for each in dialect.endpoints:
        pattern = "".join(
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{\w+\})", each.path)
        )
        found = re.fullmatch(pattern, unquote(request.path), re.IGNORECASE if each.ignore_case else 0)
        if found and each.method == request.method:
            return found.groupdict()
    return {}


def _recorded(dialect: Dialect) -> Iterator[dict[str, Any]]:
    package = sys.modules[type(dialect).__module__].__package__ or ""
    folder = files(package) / "vectors"
    for file in sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else ():
        if file.name.endswith(".json"):
            vector = json.loads(file.read_text(encoding="utf-8"))
            if _SIDE in vector["side"] and vector.get("request"):
                yield {"name": file.name.removesuffix(".json"), **vector}


def _versions(vector: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The exchange as it was recorded, then its variants: the same with some values changed or taken away."""
    yield vector
    for variant in vector.get("variants", ()):
        changed = deepcopy(vector)
        for pointer, value in variant.get("set", {}).items():
            place, name = _find(changed, pointer)
            place[name] = value
        for pointer in variant.get("without", ()):
            place, name = _find(changed, pointer)
            del place[name]
        yield {**changed, "about": variant["about"]}


def _find(whole: dict[str, Any], pointer: str) -> tuple[Any, Any]:
    """What a JSON pointer (RFC 6901) names: the object or list that holds it, and the name or place there."""
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    place: Any = whole
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    return place, int(last) if isinstance(place, list) else last


def _ready(vector: Mapping[str, Any], ours: Credential | None) -> dict[str, Any]:
    """A recorded request as it is to be sent here."""
    request, canonical = vector["request"], vector.get("canonical", {})
    text, binary = _body(request)
    headers = dict(request.get("headers", {}))
    changes = _changes(canonical, ours)
    said = vector.get("reply") or {}
    return {
        "name": vector["name"],
        "about": vector["about"],
        "source": vector["source"].get("kind", ""),
        "method": request["method"],
        "url": _put(request["url"], changes),
        "headers": {name: _put(value, changes) for name, value in headers.items()},
        "body": text if binary else _put(text, changes),
        "base64": binary,
        "refused": "refusal" in canonical or "refusals" in canonical,
        "sends": canonical.get("command", {}).get("is") == "SendMessage",
        "status": said.get("status"),
    }


def _body(request: Mapping[str, Any]) -> tuple[str, bool]:
    """A recorded body as text, and whether that is base64."""
    if "json" in request:
        return json.dumps(request["json"], ensure_ascii=False, indent=2), False
    return (request["base64"], True) if "base64" in request else (request.get("text", ""), False)


def _changes(canonical: Mapping[str, Any], ours: Credential | None) -> list[tuple[str, str]]:
    """Which texts give way to which; long ones first, so that none is found inside another."""
    changes: dict[str, str] = {}
    faults = canonical.get("refusals", [canonical.get("refusal")])
    words = {each if isinstance(each, str) else (each or {}).get("fault") for each in faults}
    theirs = canonical.get("credential", {})
    if ours is not None and not words & {fault.value for fault in _OWN_FAULTS}:
        changes = {
            theirs[name]: getattr(ours, name)
            for name in ("secret", "public", "number")
            if theirs.get(name) and getattr(ours, name)
        }
    command = canonical.get("command", {})
    to = command.get("to") or command.get("peer") or {}
    if to.get("kind") == "phone" and to.get("value"):
        changes.setdefault(to["value"], _PHONE)
    return sorted(changes.items(), key=lambda each: -len(each[0]))


def _put(text: str, changes: list[tuple[str, str]]) -> str:
    """Put all changes into a text at once: what one puts in, no other finds."""
    if not changes:
        return text
    (old, new), *rest = changes
    return new.join(_put(part, rest) for part in text.split(old))


def _shown(request: WireRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode("utf-8", "replace"),
    }
