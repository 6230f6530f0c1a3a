"""`/console/api/phones`: the simulated phones there are, their chats, and the cards on them as files."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console import screens
from parlance.console.guard import API
from parlance.contract.phones import PhoneBook, PhoneMessage
from parlance.formats.canonical import show_content
from parlance.formats.sandbox import NAME, type_of, words_of
from parlance.formats.vcard import FILE, read_cards, write_card
from parlance.model.address import fold, phone
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import Contacts, Direction, Template
from parlance.model.sender import Sender
from parlance.rules import window

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_PAGE = 50
_OTHERS = 50
_SENDERS = 500
_LINE = 160
_MOST_VCF = 1 << 20
_NUMBER = re.compile(r"[0-9]{5,20}")


class PhoneCalls:
    """The calls, over the engine's doors and the phones' memory."""

    def __init__(self, engine: "Engine", book: PhoneBook) -> None:
        self._engine = engine
        self._book = book

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(f"{API}phones", self.phones, methods=["GET"]),
            Route(f"{API}phones/{{number}}/chats", self.chats, methods=["GET"]),
            Route(f"{API}phones/{{number}}/newest", self.newest, methods=["GET"]),
            Route(f"{API}phones/{{number}}/messages/{{id}}/cards/{{place:int}}.vcf", self.card, methods=["GET"]),
            Route(f"{API}cards", self.read, methods=["POST"]),
        ]

    async def phones(self, request: Request) -> Response:
        """Phones that ever received or wrote anything, by number: those that hold `find`, behind `after`."""
        find, after = request.query_params.get("find", ""), request.query_params.get("after", "")
        fitting = [each for each in await self._book.phones() if find in each and each > after]
        page = fitting[:_PAGE]
        items = []
        for number in page:
            found = await screens.newest(self._book, number, None, None, 1)
            items.append({"number": number, "last": await self._line(found[-1]) if found else None})
        return JSONResponse({"items": items, "next": page[-1] if len(fitting) > _PAGE else None})

    async def chats(self, request: Request) -> Response:
        """A phone's chats by sender, and sandbox senders that it has no chat with."""
        number = _number(request)
        shown = []
        known: set[Id] = set()
        for chat in await screens.chats(self._book, number):
            known.add(chat.last.sender_id)
            sender = await self._engine.store.sender(chat.last.sender_id)
            shown.append(
                {
                    "sender": _sender(sender) if sender else _gone(chat.last),
                    "last": await self._line(chat.last),
                    "unread": chat.unread,
                    "window": await self._window(sender, number) if sender else None,
                }
            )
        others = [_sender(each) for each in await self._sandboxed() if each.id not in known][:_OTHERS]
        return JSONResponse({"number": number, "items": shown, "others": others})

    async def newest(self, request: Request) -> Response:
        """Where the last messages of a chat begin: the id behind which they stand, and whether more are before it."""
        number, query = _number(request), request.query_params
        sender_id = from_text(query.get("sender", ""))
        limit = int(query["limit"]) if query.get("limit", "") in {"50", "200"} else _PAGE
        before = from_text(query.get("before", ""))
        found = await screens.newest(self._book, number, sender_id, before, limit + 1)
        more = len(found) > limit
        return JSONResponse(
            {"after": to_text(found[0].id if more else 0), "count": len(found) - more, "more": more, "limit": limit}
        )

    async def card(self, request: Request) -> Response:
        """One card of a message as a file."""
        message_id = from_text(request.path_params["id"])
        bubble = None if message_id is None else await self._book.bubble(message_id)
        place: int = request.path_params["place"]
        cards = bubble.content.cards if bubble is not None and isinstance(bubble.content, Contacts) else ()
        if bubble is None or bubble.number != _number(request) or place >= len(cards):
            raise HTTPException(404, "The phone has no such card.")
        name = re.sub(r"[^\w .-]+", "_", cards[place].formatted).strip(" .") or "contact"
        headers = {"content-disposition": f"attachment; filename=\"contact.vcf\"; filename*=UTF-8''{quote(name)}.vcf"}
        return Response(write_card(cards[place], FILE).encode(), media_type="text/vcard", headers=headers)

    async def read(self, request: Request) -> Response:
        """Read a vCard file into cards as the phones' API takes them."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_VCF:
                raise HTTPException(413, "The file is too large.")
        cards = read_cards(bytes(body).decode("utf-8", "replace"))
        if not cards:
            raise HTTPException(422, "The file holds no contact.")
        return JSONResponse({"cards": show_content(Contacts(cards))["cards"]})

    async def _line(self, bubble: PhoneMessage) -> dict[str, Any]:
        """A message on one line."""
        templates: Sequence[Any] = ()
        if isinstance(bubble.content, Template) and (sender := await self._engine.store.sender(bubble.sender_id)):
            templates = await self._engine.store.templates(sender.account_id, bubble.content.name)
        if isinstance(bubble.content, Contacts):
            words = ", ".join(card.formatted for card in bubble.content.cards)
        else:
            words = words_of(bubble.content, templates)
        return {
            "id": to_text(bubble.id),
            "sender": bubble.sender,
            "own": bubble.direction is Direction.IN,
            "type": type_of(bubble.content),
            "text": words[:_LINE],
            "stage": bubble.stage.value,
            "timestamp": bubble.at // 1_000,
            "name": bubble.name,
        }

    async def _window(self, sender: Sender, number: str) -> dict[str, Any]:
        """How the customer's window with a sender stands, by the sender's clock."""
        store, route = self._engine.store, sender.route
        customer = await store.customer(sender.account_id, phone(number))
        written = await store.last_written(sender.id, route.number, customer.id) if customer else None
        carrier = self._engine.carriers.get(route.carrier)
        now = self._engine.clock.now() + sender.clock_offset
        watched = window.watched(
            now, route.heard_since, knows_windows=carrier is not None and carrier.capabilities.knows_windows
        )
        return {
            "state": window.state(written, now, watched=watched).value,
            "until": None if written is None else written + window.LENGTH,
            "now": now,
        }

    async def _sandboxed(self) -> list[Sender]:
        return [each for each in await self._engine.store.senders(0, _SENDERS) if _writes_here(each)]


def _writes_here(sender: Sender) -> bool:
    return any(route.carrier == NAME for route in sender.routes)


def _sender(sender: Sender) -> dict[str, Any]:
    return {
        "id": to_text(sender.id),
        "number": sender.number,
        "name": sender.name,
        "account": sender.account,
        "writable": _writes_here(sender),
        "clock_offset": sender.clock_offset,
    }


def _gone(bubble: PhoneMessage) -> dict[str, Any]:
    """A sender that was removed: its messages stay readable, and nobody can write to it."""
    return {
        "id": to_text(bubble.sender_id),
        "number": bubble.sender,
        "name": "",
        "account": "",
        "writable": False,
        "clock_offset": 0,
    }


def _number(request: Request) -> str:
    number = str(request.path_params["number"]).removeprefix("+")
    if not _NUMBER.fullmatch(number):
        raise HTTPException(422, "A phone's number has 5 to 20 digits.")
    return fold(number)
