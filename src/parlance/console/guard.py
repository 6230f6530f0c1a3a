"""What stands before every address of the console: who may reach it, who is logged in, and what browsers may do."""

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from parlance.console.sessions import Sessions

BASE = "/console"
API = f"{BASE}/api/"
LOGIN = f"{BASE}/login"
OPEN = (LOGIN, f"{BASE}/enter", f"{BASE}/static/")
"""Addresses that need no session."""

_HARMLESS = frozenset({"GET", "HEAD"})
_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Not "no-referrer": browsers then hide the origin of a form, by which we know that it is ours.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class Guard:
    """Passes on what may be passed on."""

    def __init__(self, app: ASGIApp, sessions: "Sessions", *, anywhere: bool) -> None:
        """`anywhere`: the console answers not only to this machine."""
        self._app = app
        self._sessions = sessions
        self._anywhere = anywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        session = cookie_parser(headers.get("cookie", "")).get(self._sessions.cookie, "")
        scope.setdefault("state", {})["session"] = session

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
            await send(message)

        await (self._refusal(scope, headers, session) or self._app)(scope, receive, safe)

    def _refusal(self, scope: Scope, headers: Headers, session: str) -> Response | None:
        path: str = scope["path"]
        if not self._anywhere and not _is_near(scope, headers):
            return PlainTextResponse(
                "The console answers to this machine alone. PARLANCE_CONSOLE=anywhere opens it to others.\n", 403
            )
        if scope["method"] not in _HARMLESS and not _is_own(headers):
            return _problem(403, "Forbidden", "The request does not come from the console's own pages.")
        if path.startswith(OPEN) or self._sessions.ends(session) is not None:
            return None
        if path.startswith(API):
            return _problem(401, "Unauthorized", "Nobody is logged in.")
        return RedirectResponse(f"{LOGIN}?next={quote(path)}", 303)


def _is_near(scope: Scope, headers: Headers) -> bool:
    """Whether this machine asks, and by its own name: others may be made to lead here by whoever owns them."""
    client = scope.get("client")
    name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return client is not None and _is_loopback(client[0]) and _is_loopback(name)


def is_secure(headers: Headers) -> bool:
    """Whether the browser reached us by https, as far as it lets us know; a proxy may stand between."""
    if (origin := headers.get("origin")) is not None:
        return origin.startswith("https:")
    name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    # Browsers tell where a request comes from on secure connections, and else on loopback alone.
    return "sec-fetch-site" in headers and not _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _is_own(headers: Headers) -> bool:
    """Whether one of our own pages asks. Browsers say so in headers that no page can set."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    return urlsplit(headers.get("origin", "")).netloc == headers.get("host", "") != ""


def _problem(status: int, title: str, detail: str) -> Response:
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status, media_type="application/problem+json")
