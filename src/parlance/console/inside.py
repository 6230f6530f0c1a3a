"""The admin and sandbox API for the console's pages: who is logged in needs no bearer token there."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from parlance.console.guard import API

ALLOWED = ("/admin/v1/", "/sandbox/v1/")
_KEPT = frozenset({b"accept", b"content-type", b"content-length", b"last-event-id"})


class Inside:
    """Hands `/console/api/admin/v1/…` and `/console/api/sandbox/v1/…` to the gateway's own site."""

    def __init__(self, site: ASGIApp, admin_token: str) -> None:
        """`site` answers all of the gateway's addresses."""
        self._site = site
        self._bearer = f"Bearer {admin_token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under its own name."""
        path = "/" + scope["path"].removeprefix(API)
        if not path.startswith(ALLOWED):
            raise HTTPException(404)
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        headers = [(name, value) for name, value in scope["headers"] if name in _KEPT]
        inner = {
            **{name: scope[name] for name in ("type", "asgi", "http_version", "method", "scheme", "query_string")},
            **{name: scope[name] for name in ("client", "server", "extensions") if name in scope},
            "path": path,
            "raw_path": b"/" + raw.removeprefix(API.encode()),
            "root_path": "",
            "headers": [*headers, (b"authorization", self._bearer), (b"host", b"console")],
            "state": {},
        }
        await self._site(inner, receive, send)
