"""`/admin/v1/senders/{id}/…`: a sender's keys, windows and the settings of its dialects."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, RootModel, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.registry import Scope
from parlance.model.address import phone
from parlance.model.command import ChangeSettings, ReadSettings, Settings
from parlance.model.fault import Malformed, Refusal
from parlance.model.ids import from_text
from parlance.model.sender import Sender
from parlance.web import shapes, show
from parlance.web.admin_senders import read_credentials, worded
from parlance.web.forms import Form, Line, Moment, Value, answer, listed, read_form, read_limit, read_query
from parlance.web.lookup import find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_SLACK = 300_000
"""How far ahead of ours the clock may be that dated a customer's message (milliseconds)."""

_SENDER = "/admin/v1/senders/{id}"


class NewKeys(Form):
    """Which dialects get new credentials (None: all), and for how long the old ones still work.

    Such as only `read` stand beside the old ones, which stay.
    """

    dialects: list[Line] | None = None
    scope: Annotated[Scope, Field(strict=False)] = Scope.SEND
    grace_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 0
    credentials: Annotated[dict[Line, Value], Field(default_factory=dict, max_length=100)]


class WrittenRow(Form):
    """When a customer last wrote."""

    customer: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{5,15}$")]
    last_message_at: Moment


class WrittenRows(Form):
    """Who wrote when."""

    rows: list[WrittenRow]


class Changes(RootModel[dict[str, Any]]):
    """Some of a dialect's settings; what is masked stays as it is."""


class Equipment:
    """What a sender works with, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(f"{_SENDER}/keys", self.list_keys, methods=["GET"]),
            Route(f"{_SENDER}/keys", self.rotate, methods=["POST"]),
            Route(f"{_SENDER}/keys/{{key_id}}", self.end_key, methods=["DELETE"]),
            Route(f"{_SENDER}/windows", self.list_windows, methods=["GET"]),
            Route(f"{_SENDER}/windows", self.open_windows, methods=["POST"]),
            Route(f"{_SENDER}/settings/{{dialect}}", self.read_settings, methods=["GET"]),
            Route(f"{_SENDER}/settings/{{dialect}}", self.change_settings, methods=["PATCH"]),
        ]

    async def _sender(self, request: Request) -> Sender:
        return await find_sender(self._engine, request.path_params["id"])

    # ---- keys

    @documented(Call(gives={200: shapes.Page[shapes.Key]}, refuses=(404, 409)))
    async def list_keys(self, request: Request) -> Response:
        """The sender's credentials, without their secrets."""
        sender = await self._sender(request)
        keys = await self._engine.store.keys(sender.id)
        return answer({"items": [show.key(each) for each in keys], "next": None})

    @documented(Call(body=NewKeys, gives={201: shapes.Rotated}, refuses=(404, 409)))
    async def rotate(self, request: Request) -> Response:
        """Issue new credentials; they are shown this once."""
        form = await read_form(request, NewKeys)
        given = read_credentials(form.credentials)
        sender = await self._sender(request)
        setup = self._engine.setup
        try:
            if form.scope is Scope.READ:
                issued = await setup.add_read_keys(sender, form.dialects, given)
            else:
                issued = await setup.rotate(sender, form.dialects, form.grace_seconds * 1000, given)
        except Refusal as refusal:
            raise worded(refusal, self._engine.dialects) from None
        return answer({"credentials": {dialect: dict(fields) for dialect, fields in issued.items()}}, 201)

    @documented(Call(gives={204: None}, refuses=(404, 409)))
    async def end_key(self, request: Request) -> Response:
        """End a credential now."""
        sender = await self._sender(request)
        wanted = from_text(request.path_params["key_id"])
        if wanted is None or wanted not in {each.id for each in await self._engine.store.keys(sender.id)}:
            raise HTTPException(404, "The sender has no such key.")
        await self._engine.store.end_key(sender.id, wanted, self._engine.clock.now())
        return Response(status_code=204)

    # ---- windows

    @documented(Call(query=("after", "limit"), gives={200: shapes.Page[shapes.Window]}, refuses=(404, 409)))
    async def list_windows(self, request: Request) -> Response:
        """Windows in order of customer; `after` is a customer."""
        query = read_query(request, "after", "limit")
        limit = read_limit(query)
        sender = await self._sender(request)
        found = await self._engine.store.windows(sender, query.get("after", ""), limit + 1)
        now = self._now(sender)
        return listed(found, limit, lambda one: show.window(one, now), lambda one: one.customer)

    @documented(Call(body=WrittenRows, gives={200: shapes.Opened}, refuses=(404, 409)))
    async def open_windows(self, request: Request) -> Response:
        """Learn when customers last wrote: for moving a number that is in use."""
        form = await read_form(request, WrittenRows)
        sender = await self._sender(request)
        latest = self._now(sender) + _SLACK
        for place, row in enumerate(form.rows):
            if row.last_message_at > latest:
                raise Malformed(
                    f"rows.{place}.last_message_at", "future", "A customer cannot have written yet to come."
                )
        rows = [(phone(row.customer.removeprefix("+")), row.last_message_at) for row in form.rows]
        return answer({"opened": await self._engine.store.open_windows(sender, rows) if rows else 0})

    def _now(self, sender: Sender) -> int:
        return self._engine.clock.now() + sender.clock_offset

    # ---- settings

    @documented(Call(gives={200: dict[str, Any]}, refuses=(404, 409)))
    async def read_settings(self, request: Request) -> Response:
        """A dialect's settings of this sender, secrets masked."""
        return await self._settings(request, ReadSettings())

    @documented(Call(body=Changes, gives={200: dict[str, Any]}, refuses=(404, 409)))
    async def change_settings(self, request: Request) -> Response:
        """Change some of them, as the dialect itself would; raises what the dialect finds wrong."""
        form = await read_form(request, Changes)
        changes = {name: value for name, value in form.root.items() if value != show.MASK}
        answered = await self._settings(request, ChangeSettings(changes))
        await self._engine.dispatch.reload((await self._sender(request)).id)
        return answered

    async def _settings(self, request: Request, command: ReadSettings | ChangeSettings) -> Response:
        sender = await self._sender(request)
        dialect = request.path_params["dialect"]
        if dialect not in self._engine.dialects:
            raise HTTPException(404, "There is no such dialect.")
        reply = await self._engine.intake.handle(dialect, sender, command)
        return answer(show.masked(reply.document) if isinstance(reply, Settings) else {})
