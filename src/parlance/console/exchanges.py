"""`/console/api/…/request`: requests as they are written to vendors and subscribers, secrets masked.

Bodies that went over the wire are not kept. What is shown is written anew by the same carrier or dialect from the same
message or event, and is therefore what went out, as long as settings stay as they were.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.guard import API
from parlance.contract.moments import DeliveryFilter, Pending, Waiting
from parlance.model.fault import Refusal
from parlance.model.ids import Id, from_text
from parlance.model.message import Direction, Message
from parlance.model.outcome import Refused
from parlance.model.sender import Route as SenderRoute
from parlance.model.sender import Sender
from parlance.model.wire import WireRequest

if TYPE_CHECKING:
    from parlance.engine.house import Engine

MASK = "***"

_PLAIN = frozenset({"accept", "content-type", "content-length", "user-agent", "webhook-id", "webhook-timestamp"})
"""Headers that hold no secret in anybody's API; every other one is masked."""

_SECRET_NAME = re.compile(r"secret|token|password|api_?key|signature|authorization", re.IGNORECASE)
_LEAST = 4
"""A secret shorter than this is a word like others: replacing it would spoil the text and hide nothing."""


class Exchanges:
    """The calls."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(f"{API}messages/{{id}}/request", self.to_vendor, methods=["GET"]),
            Route(f"{API}deliveries/{{id}}/{{number:int}}/request", self.to_subscriber, methods=["GET"]),
        ]

    async def to_vendor(self, request: Request) -> Response:
        """A message as its carrier writes it: that of `carrier`, or the active one; of several parts one `part`."""
        message = await _message(self._engine, request)
        sender = await self._engine.store.sender(message.sender_id)
        if sender is None or message.direction is Direction.IN:
            raise HTTPException(404, "Only what a sender that is still here sends is written to a vendor.")
        wanted = request.query_params.get("carrier", "")
        route = next((each for each in sender.routes if each.carrier == wanted), None if wanted else sender.route)
        if route is None or route.carrier not in self._engine.carriers:
            raise HTTPException(404, "The sender has no route of this carrier any more.")
        part = request.query_params.get("part", "")
        number = int(part) if part.isascii() and part.isdecimal() and len(part) < 4 else 0
        return JSONResponse(await self._written(message, sender, route, number))

    async def _written(self, message: Message, sender: Sender, route: SenderRoute, part: int) -> dict[str, Any]:
        carrier = self._engine.carriers[route.carrier]
        row = Pending(message.id, sender.id, message.customer_id, Waiting.UNSURE, 0, 0, part=part, route_id=route.id)
        found = await self._engine.store.doubted(sender, row, route, carrier.capabilities.cards)
        if found is None:
            raise HTTPException(404, "There is no such message.")
        steps = carrier.send(found.message, route)
        try:
            first = next(steps).request
        except StopIteration as end:
            return {"request": None, "refused": str(end.value.failure) if isinstance(end.value, Refused) else ""}
        except Refusal as refusal:
            return {"request": None, "refused": str(refusal)}
        finally:
            steps.close()
        names = {each.name for each in carrier.settings if each.secret}
        return {"request": masked(first, (route.settings.get(name, "") for name in names)), "refused": ""}

    async def to_subscriber(self, request: Request) -> Response:
        """A delivery as its dialect writes it; null where the dialect has no words for the event."""
        subscription_id = from_text(request.path_params["id"])
        store = self._engine.store
        subscription = None if subscription_id is None else await store.subscription(subscription_id)
        number: int = request.path_params["number"]
        picked = DeliveryFilter(subscription_id=subscription_id, numbers=(number,), limit=1)
        found = await store.deliveries(picked) if subscription is not None and number < 1 << 62 else ()
        if subscription is None or not found:
            raise HTTPException(404, "There is no such delivery.")
        written = self._engine.dialects[subscription.dialect].announce(found[0].event, subscription)
        secrets = (subscription.secret, subscription.webhook_secret)
        return JSONResponse({"request": None if written is None else masked(written, secrets)})


async def _message(engine: "Engine", request: Request) -> Message:
    message_id = engine.intake.read_id(request.path_params["id"])
    found = None if message_id is None else await engine.store.message(message_id)
    if found is None:
        raise HTTPException(404, "There is no such message.")
    return found


def plain(request: WireRequest) -> dict[str, Any]:
    """A request as it is, JSON-ready: for whoever has its secrets anyway."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode("utf-8", "replace"),
    }


def masked(request: WireRequest, secrets: Iterable[str]) -> dict[str, Any]:
    """A request, JSON-ready, with these secrets masked wherever they stand, and whatever is named like one."""
    known = sorted({each for each in secrets if len(each) >= _LEAST}, key=len, reverse=True)
    return {
        "method": request.method,
        "url": _url(request.url, known),
        "headers": {
            name: _hidden(value, known) if name in _PLAIN else MASK for name, value in sorted(request.headers.items())
        },
        "body": _body(request.body, known),
    }


def _hidden(text: str, secrets: Iterable[str]) -> str:
    for each in secrets:
        for form in {each, quote(each, safe=""), json.dumps(each)[1:-1]}:
            text = text.replace(form, MASK)
    return text


def _url(url: str, secrets: Iterable[str]) -> str:
    """Of whoever logs in by the address itself, only the name is left; what a query names like a secret is masked."""
    parts = urlsplit(_hidden(url, secrets))
    host = parts.netloc.rpartition("@")[2]
    fields = [
        f"{name}={MASK}" if sign and _SECRET_NAME.search(name) else field
        for field in parts.query.split("&")
        for name, sign, _ in [field.partition("=")]
    ]
    return urlunsplit(parts._replace(netloc=host, query="&".join(fields)))


def _body(body: bytes, secrets: Iterable[str]) -> str:
    text = _hidden(body.decode("utf-8", "replace"), secrets)
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_named(value), ensure_ascii=False, indent=2)


def _named(value: Any) -> Any:
    """A JSON value with what is named like a secret masked."""
    if isinstance(value, Mapping):
        return {
            name: MASK if each and isinstance(each, str) and _SECRET_NAME.search(name) else _named(each)
            for name, each in value.items()
        }
    return [_named(each) for each in value] if isinstance(value, list) else value


def ids_of(request: Request, name: str, most: int) -> list[Id]:
    """The ids that a query names, at most so many of them."""
    given = request.query_params.getlist(name)[:most]
    return [found for each in given if (found := from_text(each)) is not None]
