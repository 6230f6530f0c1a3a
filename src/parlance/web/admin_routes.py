"""`/admin/v1/senders/{id}/routes`: by whom a sender's messages leave, and what its vendors are asked."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.model.fault import Refusal
from parlance.model.ids import from_text
from parlance.model.sender import Route as SenderRoute
from parlance.model.sender import Sender
from parlance.web import shapes, show
from parlance.web.forms import Form, Line, Prose, answer, read_form
from parlance.web.lookup import find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_ROUTES = "/admin/v1/senders/{id}/routes"


class NewRoute(Form):
    """A carrier with its settings; those of an earlier route of the same carrier stay where none are given.

    `number` is the WhatsApp number it sends from, where it is not the sender's. A `backup` stands in for the active
    route when that cannot send. With `set_callback` the vendor is told where to call, if it has a call for that.
    """

    carrier: Line
    settings: Annotated[dict[Line, Prose], Field(default_factory=dict, max_length=100)]
    strict: bool = False
    number: Line = ""
    backup: bool = False
    set_callback: bool = False


class RouteChange(Form):
    """What may be changed of a route; what is not named stays. An empty `held` lets its queue move again."""

    held: Line | None = None
    strict: bool | None = None


class Routes:
    """A sender's routes, over the engine's doors."""

    def __init__(self, engine: "Engine", public_url: str) -> None:
        self._engine = engine
        self._public_url = public_url

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(_ROUTES, self.list_routes, methods=["GET"]),
            Route(_ROUTES, self.set_route, methods=["POST"]),
            Route(f"{_ROUTES}/{{route_id}}", self.change_route, methods=["PATCH"]),
            Route(f"{_ROUTES}/{{route_id}}", self.remove_route, methods=["DELETE"]),
            Route(f"{_ROUTES}/{{route_id}}/callback", self.set_callback, methods=["POST"]),
            Route(f"{_ROUTES}/{{route_id}}/check", self.check, methods=["POST"]),
            Route("/admin/v1/senders/{id}/templates/sync", self.sync_templates, methods=["POST"]),
        ]

    @documented(Call(gives={200: shapes.Page[shapes.Route]}, refuses=(404, 409)))
    async def list_routes(self, request: Request) -> Response:
        """The sender's routes with the addresses their vendors call."""
        sender = await self._sender(request)
        return answer({"items": [self._show(each) for each in sender.routes], "next": None})

    @documented(Call(body=NewRoute, gives={201: shapes.RouteSet}, refuses=(404, 409)))
    async def set_route(self, request: Request) -> Response:
        """Make a carrier the active route, or a backup of it."""
        form = await read_form(request, NewRoute)
        sender = await self._sender(request)
        route = await self._engine.setup.set_route(
            sender, form.carrier, form.settings, strict=form.strict, number=form.number, backup=form.backup
        )
        await self._engine.dispatch.reload(sender.id)
        callback = await self._tell_vendor(route, asked=form.set_callback)
        made: shapes.RouteSet = {**self._show(route), "callback": callback}
        return answer(made, 201)

    async def _tell_vendor(self, route: SenderRoute, *, asked: bool) -> shapes.CallbackSet:
        """Set the callback address at the vendor where that is wanted and can be done; a refusal undoes nothing."""
        vendors = self._engine.vendors
        if not vendors.sets_callback(route):
            return {"state": "by_hand", "detail": "Paste the callback address at the vendor."}
        if not asked:
            return {"state": "not_asked", "detail": "The vendor has a call for it: set_callback."}
        try:
            await vendors.set_callback(route, self._show(route)["callback_url"])
        except Refusal as refusal:
            return {"state": "refused", "detail": str(refusal)}
        return {"state": "set", "detail": "The vendor calls this address from now on."}

    @documented(Call(body=RouteChange, gives={200: shapes.Route}, refuses=(404, 409)))
    async def change_route(self, request: Request) -> Response:
        """Hold or release a route, make it strict or not."""
        form = await read_form(request, RouteChange)
        route = await self._route(request)
        await self._engine.vendors.change_route(route, held=form.held, strict=form.strict)
        return answer(self._show(await self._route(request)))

    @documented(Call(gives={204: None}, refuses=(404, 409)))
    async def remove_route(self, request: Request) -> Response:
        """Remove a route that is not the active one; what its vendor still reports is no longer heard."""
        route = await self._route(request)
        if not await self._engine.store.remove_route(route.id):
            raise HTTPException(409, "The active route cannot be removed. Make another one active first.")
        await self._engine.dispatch.reload(route.sender_id)
        return Response(status_code=204)

    @documented(Call(gives={200: shapes.CallbackSet}, refuses=(404, 409)))
    async def set_callback(self, request: Request) -> Response:
        """Let the vendor's callbacks for this route come here."""
        return answer(await self._tell_vendor(await self._route(request), asked=True))

    @documented(Call(gives={200: shapes.Page[shapes.Finding]}, refuses=(404, 409)))
    async def check(self, request: Request) -> Response:
        """Ask the vendor how the route fares; a finding without `fault` is well."""
        route = await self._route(request)
        found = await self._engine.vendors.check(route, self._show(route)["callback_url"])
        items = [{"what": each.what, "fault": each.fault, "repair": each.repair} for each in found]
        return answer({"items": items, "next": None})

    @documented(Call(gives={200: shapes.Synced}, refuses=(404, 409, 422)))
    async def sync_templates(self, request: Request) -> Response:
        """Take over the templates that the vendor of the active route lists."""
        done = await self._engine.vendors.sync_templates(await self._sender(request))
        shown: shapes.Synced = {
            "added": list(done.added),
            "changed": list(done.changed),
            "same": done.same,
            "missing": list(done.missing),
        }
        return answer(shown)

    async def _sender(self, request: Request) -> Sender:
        return await find_sender(self._engine, request.path_params["id"])

    async def _route(self, request: Request) -> SenderRoute:
        sender = await self._sender(request)
        wanted = from_text(request.path_params["route_id"])
        route = None if wanted is None else sender.by_id(wanted)
        if route is None:
            raise HTTPException(404, "The sender has no such route.")
        return route

    def _show(self, route: SenderRoute) -> shapes.Route:
        return show.route(route, self._engine.carriers.get(route.carrier), self._public_url)
