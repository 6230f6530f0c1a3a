"""`/admin/v1/senders`: business numbers, made, shown, changed and removed."""

from collections.abc import Container
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.views import Depth
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import Id, to_text
from parlance.model.sender import Sender
from parlance.web import shapes, show
from parlance.web.forms import (
    MOST,
    Form,
    Line,
    Prose,
    Value,
    answer,
    listed,
    read_cursor,
    read_form,
    read_limit,
    read_query,
)
from parlance.web.lookup import PUNCTUATION, find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine


class NewSender(Form):
    """A sender to be made. `credentials` are taken over from elsewhere, named `dialect.field`."""

    number: Annotated[Line, StringConstraints(min_length=1)]
    name: Line = ""
    account: Line = "default"
    carrier: Line = "sandbox"
    settings: Annotated[dict[Line, Prose], Field(default_factory=dict, max_length=100)]
    strict: bool = False
    credentials: Annotated[dict[Line, Value], Field(default_factory=dict, max_length=100)]
    if_missing: bool = False


class SenderChange(Form):
    """What may be changed of a sender; what is not named stays. An empty `held` lets its queue move again."""

    name: Line | None = None
    held: Line | None = None


def read_credentials(dotted: dict[str, str]) -> dict[str, dict[str, str]]:
    """Sort `dialect.field` names by dialect; raises `Malformed` for a name without a dot."""
    given: dict[str, dict[str, str]] = {}
    for name, value in dotted.items():
        dialect, dot, field = name.partition(".")
        if not (dialect and dot and field):
            raise Malformed(f"credentials.{name}", "dotted", "A credential is named as dialect.field.")
        given.setdefault(dialect, {})[field] = value
    return given


def worded(refusal: Refusal, dialects: Container[str]) -> Refusal:
    """Say of a credential that another sender has what is wrong with it; other refusals stay as they are."""
    if refusal.fault is not Fault.DUPLICATE or refusal.field not in dialects:
        return refusal
    return Refusal(refusal.fault, refusal.field, f"Another sender has this {refusal.field} credential already.")


class Senders:
    """Business numbers, over the engine's doors."""

    def __init__(self, engine: "Engine", public_url: str) -> None:
        self._engine = engine
        self._public_url = public_url

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route("/admin/v1/senders", self.page, methods=["GET"]),
            Route("/admin/v1/senders", self.add, methods=["POST"]),
            Route("/admin/v1/senders/{id}", self.show, methods=["GET"]),
            Route("/admin/v1/senders/{id}", self.change, methods=["PATCH"]),
            Route("/admin/v1/senders/{id}", self.remove, methods=["DELETE"]),
        ]

    @documented(Call(body=NewSender, gives={201: shapes.MadeSender, 200: shapes.KnownSender}, refuses=(409,)))
    async def add(self, request: Request) -> Response:
        """Make a sender; its credentials are shown this once. With `if_missing` one that exists is left as it is."""
        form = await read_form(request, NewSender)
        given = read_credentials(form.credentials)
        existing = await self._existing(form)
        if existing is None:
            try:
                made = await self._engine.setup.add_sender(
                    form.number,
                    name=form.name,
                    account=form.account,
                    carrier=form.carrier,
                    settings=form.settings,
                    given=given,
                    strict=form.strict,
                )
            except Refusal as refusal:
                # Someone else may have made it in the meantime.
                existing = await self._existing(form) if refusal.fault is Fault.DUPLICATE else None
                if existing is None:
                    raise worded(refusal, self._engine.dialects) from None
            else:
                shown: shapes.MadeSender = {
                    **_named(made.sender),
                    "webhook_secret": made.webhook_secret,
                    "credentials": {dialect: dict(fields) for dialect, fields in made.credentials.items()},
                }
                return answer(shown, 201)
        if not form.if_missing:
            raise HTTPException(409, f"The account {existing.account} has the number {existing.number} already.")
        return answer({**_named(existing), "existing": True})

    async def _existing(self, form: NewSender) -> Sender | None:
        found = await self._engine.store.senders_of(form.number.translate(PUNCTUATION))
        return next((each for each in found if each.account == form.account), None)

    @documented(Call(query=("number", "account", "after", "limit"), gives={200: shapes.Page[shapes.WholeSender]}))
    async def page(self, request: Request) -> Response:
        """Senders in order of id, of one number, of one account."""
        query = read_query(request, "number", "account", "after", "limit")
        after, limit = read_cursor(query), read_limit(query)
        page = await self._pick(query, after, limit + 1)
        depths = {depth.sender_id: depth for depth in await self._engine.store.depths()}
        shown = {each.id: await self._whole(each, depths) for each in page}
        return listed(page, limit, lambda one: shown[one.id], lambda one: to_text(one.id))

    async def _pick(self, query: dict[str, str], after: Id, wanted: int) -> list[Sender]:
        def fits(sender: Sender) -> bool:
            return sender.id > after and query.get("account", sender.account) == sender.account

        if "number" in query:
            named = await self._engine.store.senders_of(query["number"].translate(PUNCTUATION))
            return sorted(filter(fits, named), key=lambda each: each.id)[:wanted]
        found: list[Sender] = []
        while len(found) < wanted:
            batch = await self._engine.store.senders(after, MOST)
            found += filter(fits, batch)
            if len(batch) < MOST:
                break
            after = batch[-1].id
        return found[:wanted]

    @documented(Call(gives={200: shapes.WholeSender}, refuses=(404, 409)))
    async def show(self, request: Request) -> Response:
        """One sender with its routes, public ids and what waits."""
        return await self._shown(await find_sender(self._engine, request.path_params["id"]))

    @documented(Call(body=SenderChange, gives={200: shapes.WholeSender}, refuses=(404, 409)))
    async def change(self, request: Request) -> Response:
        """Rename, hold or release a sender."""
        form = await read_form(request, SenderChange)
        sender = await find_sender(self._engine, request.path_params["id"])
        changed = await self._engine.store.change_sender(sender.id, name=form.name, held=form.held)
        await self._engine.dispatch.reload(sender.id)
        return await self._shown(changed)

    @documented(Call(gives={204: None}, refuses=(404, 409)))
    async def remove(self, request: Request) -> Response:
        """Remove a sender with its keys, routes and subscriptions; its messages stay readable."""
        sender = await find_sender(self._engine, request.path_params["id"])
        await self._engine.store.remove_sender(sender.id)
        await self._engine.dispatch.reload(sender.id)
        return Response(status_code=204)

    async def _shown(self, sender: Sender) -> Response:
        depths = {depth.sender_id: depth for depth in await self._engine.store.depths()}
        return answer(await self._whole(sender, depths))

    async def _whole(self, sender: Sender, depths: dict[Id, Depth]) -> shapes.WholeSender:
        store = self._engine.store
        return {
            **show.sender(sender),
            "routes": [
                show.route(route, self._engine.carriers.get(route.carrier), self._public_url) for route in sender.routes
            ],
            "public_ids": {key.dialect: key.public for key in await store.keys(sender.id) if key.public},
            "queue": show.queue(depths.get(sender.id)),
            "subscriptions": len(await store.subscriptions(sender.id)),
        }


def _named(sender: Sender) -> shapes.NamedSender:
    return {
        "id": to_text(sender.id),
        "sender": sender.number,
        "account": sender.account,
        "carrier": sender.route.carrier,
    }
