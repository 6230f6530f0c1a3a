"""`/console/api/providers`: the carriers with the settings of their routes, the dialects, and requests made ready."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.exchanges import plain
from parlance.console.guard import API
from parlance.contract.provider import Carrier, Dialect
from parlance.contract.vendor import Checks, Fetches, ListsTemplates, SetsCallback
from parlance.model.fault import Refusal

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_PHONE = "972550000222"


class Providers:
    """The calls."""

    def __init__(self, engine: "Engine", titles: Mapping[str, str]) -> None:
        self._engine = engine
        self._titles = titles

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(f"{API}providers", self.providers, methods=["GET"]),
            Route(f"{API}examples", self.examples, methods=["POST"]),
        ]

    async def providers(self, _request: Request) -> Response:
        """Every carrier with the settings of its routes and what it can be asked; every dialect by its title."""
        carriers = [_carrier(name, self._title(name), each) for name, each in sorted(self._engine.carriers.items())]
        dialects = [{"name": name, "title": self._title(name)} for name in sorted(self._engine.dialects)]
        return JSONResponse({"carriers": carriers, "dialects": dialects})

    async def examples(self, request: Request) -> Response:
        """Ready requests of each dialect, made of a sender's credentials as they were shown when it was made."""
        try:
            given = json.loads(await request.body())
        except ValueError:
            given = None
        credentials = given.get("credentials") if isinstance(given, dict) else None
        customer = given.get("customer") if isinstance(given, dict) else None
        phone = customer if isinstance(customer, str) and customer.isascii() and customer.isdecimal() else _PHONE
        items = []
        for name, dialect in sorted(self._engine.dialects.items()):
            fields = credentials.get(name) if isinstance(credentials, dict) else None
            if isinstance(fields, dict) and (requests := _examples(dialect, fields, phone)):
                items.append({"name": name, "title": self._title(name), "requests": requests})
        return JSONResponse({"items": items})

    def _title(self, name: str) -> str:
        return self._titles.get(name, name)


def _examples(dialect: Dialect, fields: Mapping[str, Any], phone: str) -> list[dict[str, Any]]:
    try:
        return [plain(each) for each in dialect.example(fields, phone)]
    except (Refusal, KeyError, TypeError, ValueError, AttributeError):
        return []


def _carrier(name: str, title: str, carrier: Carrier) -> dict[str, Any]:
    spoken: object = carrier
    return {
        "name": name,
        "title": title,
        "sets_callback": isinstance(spoken, SetsCallback),
        "lists_templates": isinstance(spoken, ListsTemplates),
        "checks": isinstance(spoken, Checks),
        "fetches": isinstance(spoken, Fetches),
        "settings": [
            {
                "name": each.name,
                "about": each.about,
                "kind": each.kind,
                "required": each.required,
                "secret": each.secret,
                "default": "" if each.secret else each.default,
                "choices": list(each.choices),
            }
            for each in carrier.settings
        ],
    }
