"""`/admin/v1/messages`: what was sent and received, with its whole history, and the settling of what is unsure."""

from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field, with_config
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.moments import Resolution
from parlance.contract.views import MessageFilter
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import minted_at, to_text
from parlance.model.message import Direction, Message, Stage
from parlance.web import shapes, show
from parlance.web.forms import Form, answer, read_flag, read_form, read_limit, read_moment, read_query, read_word
from parlance.web.lookup import find_message, find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine


_LONGEST_TEXT = 200


class Settled(Form):
    """What became of an unsure message."""

    as_: Resolution = Field(alias="as")


@with_config(ConfigDict(extra="forbid"))
class MessagePage(shapes.Page[shapes.Message]):
    """Messages found. A look ends after so many of them: few items, or none, with a `next` mean that there may be more.

    `looked_to` is the time up to which was looked (acceptance, in real time), null when nothing is left to look at.
    """

    looked_to: int | None


class Messages:
    """The journal, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The calls. An id may be any dialect's, and some hold slashes."""
        return [
            Route("/admin/v1/messages", self.page, methods=["GET"]),
            Route("/admin/v1/messages/{id:path}/resolve", self.resolve, methods=["POST"]),
            Route("/admin/v1/messages/{id:path}", self.show, methods=["GET"]),
        ]

    @documented(
        Call(
            query=(
                "sender",
                "customer",
                "stage",
                "direction",
                "dialect",
                "carrier",
                "text",
                "since",
                "until",
                "after",
                "limit",
                "newest",
            ),
            gives={200: MessagePage},
            refuses=(404, 409),
        )
    )
    async def page(self, request: Request) -> Response:
        """Messages in order of id, the newest first with `newest`.

        One look goes through so many messages and no further: where filters find few among them, there may be more
        behind `next`.
        """
        query = read_query(
            request,
            "sender",
            "customer",
            "stage",
            "direction",
            "dialect",
            "carrier",
            "text",
            "since",
            "until",
            "after",
            "limit",
            "newest",
        )
        limit = read_limit(query)
        picked = MessageFilter(
            sender_id=(await find_sender(self._engine, query["sender"])).id if "sender" in query else None,
            customer=query.get("customer", "").strip().removeprefix("+"),
            stage=read_word(query, "stage", [stage.value for stage in Stage]),
            direction=read_word(query, "direction", [direction.value for direction in Direction]),
            dialect=query.get("dialect", ""),
            carrier=query.get("carrier", ""),
            text=_text(query),
            stored_since=read_moment(query, "since"),
            stored_until=read_moment(query, "until"),
            after=self._after(query),
            limit=limit,
            newest=read_flag(query, "newest"),
        )
        found = await self._engine.store.search(picked)
        shown: MessagePage = {
            "items": [show.message(each) for each in found.messages],
            "next": None if found.next is None else to_text(found.next),
            "looked_to": None if found.next is None else minted_at(found.next),
        }
        return answer(shown)

    def _after(self, query: dict[str, str]) -> int:
        if "after" not in query:
            return 0
        found = self._engine.intake.read_id(query["after"])
        if found is None:
            raise Malformed("after", "id", "after: this is no message's id.")
        return found

    @documented(Call(gives={200: shapes.WholeMessage}, refuses=(404,)))
    async def show(self, request: Request) -> Response:
        """One message: its id in every dialect's shape, and all that happened to it."""
        return await self._shown(await find_message(self._engine, request.path_params["id"]))

    async def _shown(self, message: Message) -> Response:
        incoming = message.direction is Direction.IN
        history = await self._engine.store.history(message.id)
        shown: shapes.WholeMessage = {
            **show.message(message),
            "ids": self._engine.intake.show_ids(message.id, incoming=incoming),
            "history": [show.moment(each) for each in history],
        }
        return answer(shown)

    @documented(Call(body=Settled, gives={200: shapes.WholeMessage}, refuses=(404, 409)))
    async def resolve(self, request: Request) -> Response:
        """Settle an unsure message; 409 when it is not unsure."""
        form = await read_form(request, Settled)
        message = await find_message(self._engine, request.path_params["id"])
        try:
            await self._engine.settle.resolve(message.id, form.as_)
        except Refusal as refusal:
            if refusal.fault is not Fault.BAD_VALUE:
                raise
            raise HTTPException(409, "The message is not unsure.") from None
        return await self._shown(await find_message(self._engine, to_text(message.id)))


def _text(query: dict[str, str]) -> str:
    text = query.get("text", "")
    if len(text) > _LONGEST_TEXT:
        raise Malformed("text", "string_too_long", f"text: at most {_LONGEST_TEXT} characters.")
    return text
