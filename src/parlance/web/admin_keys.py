"""`/admin/v1/keys`: operators' keys beside the gateway's own admin token."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field, StringConstraints, with_config
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # as in shapes

from parlance.contract.operators import OperatorKey, OperatorScope
from parlance.model.ids import Id, from_text, to_text
from parlance.web import shapes
from parlance.web.forms import Form, Line, answer, read_form
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_KEYS = "/admin/v1/keys"
_BYTES = 30
_YEAR = 31_536_000


@with_config(ConfigDict(extra="forbid"))
class KnownOperatorKey(TypedDict):
    """An operator's key without its secret. `ends_at`: it stops working then."""

    id: str
    name: str
    scope: OperatorScope
    created_at: int
    ends_at: int | None


@with_config(ConfigDict(extra="forbid"))
class MadeOperatorKey(KnownOperatorKey):
    """A new operator's key with its secret, shown this once."""

    token: str


class NewOperatorKey(Form):
    """A key to be made: for whom, and what it opens. The one it `replaces` works for `grace_seconds` more."""

    name: Annotated[Line, StringConstraints(min_length=1)]
    scope: Annotated[OperatorScope, Field(strict=False)] = OperatorScope.READ
    replaces: Annotated[str | None, StringConstraints(pattern=r"^[0-9a-f]{16}$")] = None
    grace_seconds: Annotated[int, Field(ge=0, le=_YEAR)] = 0


class OperatorKeys:
    """The calls. A key's secret is shown once, when it is made."""

    def __init__(self, engine: "Engine", entropy: Callable[[int], bytes]) -> None:
        """`entropy` gives so many random bytes."""
        self._engine = engine
        self._entropy = entropy

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(_KEYS, self.list_keys, methods=["GET"]),
            Route(_KEYS, self.add_key, methods=["POST"]),
            Route(f"{_KEYS}/{{id}}", self.end_key, methods=["DELETE"]),
        ]

    @documented(Call(gives={200: shapes.Page[KnownOperatorKey]}))
    async def list_keys(self, _request: Request) -> Response:
        """Operators' keys, without their secrets; the gateway's own token is none of them."""
        keys = await self._engine.store.operator_keys()
        return answer({"items": [_show(each) for each in keys], "next": None})

    @documented(Call(body=NewOperatorKey, gives={201: MadeOperatorKey}, refuses=(404,)))
    async def add_key(self, request: Request) -> Response:
        """Make a key; its token is shown this once. In the place of another one, both work for the time of grace."""
        form = await read_form(request, NewOperatorKey)
        token = f"pk_{form.scope}_{urlsafe_b64encode(self._entropy(_BYTES)).decode()}"
        ends_at = self._engine.clock.now() + form.grace_seconds * 1_000
        replaced = _id(form.replaces) if form.replaces else None
        made = await self._engine.store.add_operator_key(form.name, token, form.scope, replaced, ends_at)
        return answer({**_show(made), "token": token}, 201)

    @documented(Call(gives={204: None}, refuses=(404,)))
    async def end_key(self, request: Request) -> Response:
        """End a key now."""
        if not await self._engine.store.end_operator_key(_id(request.path_params["id"]), self._engine.clock.now()):
            raise HTTPException(404, "There is no such key.")
        return Response(status_code=204)


def _show(key: OperatorKey) -> KnownOperatorKey:
    return {
        "id": to_text(key.id),
        "name": key.name,
        "scope": key.scope,
        "created_at": key.created_at,
        "ends_at": key.ends_at,
    }


def _id(text: str) -> Id:
    found = from_text(text)
    if found is None:
        raise HTTPException(404, "There is no such key.")
    return found
