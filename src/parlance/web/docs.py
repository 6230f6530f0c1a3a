"""`/docs` and `/openapi.json`: the document of every API served here, and a page that shows it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.provider import Dialect
from parlance.web.openapi import document

_PARTS = {"page.css": "text/css", "page.js": "text/javascript"}
_FOLDER = files("parlance.web") / "docs_page"
_SAFE = {
    # Nothing but the page's own parts: it shows texts from many hands.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


class Docs:
    """The calls. They show no sender's data and are open to everyone."""

    def __init__(self, dialects: Mapping[str, Dialect], documented: Sequence[Route]) -> None:
        """`documented` are our own routes that the document shall hold."""
        self._dialects = dialects
        self._documented = documented
        self._written = b""

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route("/docs", self.page, methods=["GET"]),
            Route("/docs/{part}", self.part, methods=["GET"]),
            Route("/openapi.json", self.document, methods=["GET"]),
        ]

    async def page(self, _request: Request) -> Response:
        """The page; what it shows it reads from the document."""
        return _part("index.html", "text/html")

    async def part(self, request: Request) -> Response:
        """A part of the page."""
        name = request.path_params["part"]
        if name not in _PARTS:
            raise HTTPException(404)
        return _part(name, _PARTS[name])

    async def document(self, _request: Request) -> Response:
        """The document, made when it is first asked for: most gateways are never asked."""
        if not self._written:
            self._written = await asyncio.to_thread(self._write)
        return Response(self._written, media_type="application/json", headers=_SAFE)

    def _write(self) -> bytes:
        return json.dumps(document(self._dialects, self._documented), separators=(",", ":")).encode()


def _part(name: str, media: str) -> Response:
    return Response((_FOLDER / name).read_bytes(), media_type=media, headers=_SAFE)
