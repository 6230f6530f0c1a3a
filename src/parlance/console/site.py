"""The console's addresses, for the site to serve beside its own."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, ExceptionHandler

from parlance.console import parts, shell
from parlance.console.backlogs import Backlogs
from parlance.console.condition import Conditions
from parlance.console.exchanges import Exchanges
from parlance.console.figures import Figures
from parlance.console.guard import API, BASE, LOGIN, Guard, is_secure
from parlance.console.inside import Inside
from parlance.console.live import Live
from parlance.console.phones import PhoneCalls
from parlance.console.providers import Providers
from parlance.console.pulse import Pulse
from parlance.console.sessions import LIFE, Sessions
from parlance.console.trials import Trials
from parlance.console.waiting import WaitingCalls
from parlance.contract.phones import PhoneBook
from parlance.model.fault import Refusal
from parlance.model.value import dataclass

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_LARGEST_FORM = 4_096
_OWN_PATH = re.compile(r"/console(/[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Console:
    """The console, put together."""

    app: ASGIApp
    sessions: Sessions

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes by which a site hands everything below `/console` to it."""
        return [Route(BASE, self.app), Route(f"{BASE}/{{path:path}}", self.app)]

    def invite(self) -> str:
        """An address (path only) that logs in once; see `sessions.INVITED`."""
        return f"{LOGIN}#{self.sessions.invite()}"


def console(
    engine: "Engine",
    book: PhoneBook,
    *,
    site: ASGIApp,
    admin_token: str,
    entropy: Callable[[int], bytes],
    titles: Mapping[str, str],
    demo: Callable[[], Mapping[str, Any]],
    stopping: asyncio.Event,
    anywhere: bool,
) -> Console:
    """Put the console together.

    `book` is the phones' memory, `site` answers the gateway's other addresses. `titles` are the providers' by their
    names; `demo` gives what `dev` set up. Streams end when `stopping` is set. `anywhere`: it answers not only to this
    machine.
    """
    pulse = Pulse(engine.store, engine.clock, engine.ids)
    calls = [
        *Live(pulse, engine.clock, stopping).routes(),
        *PhoneCalls(engine, book).routes(),
        *Figures(engine).routes(),
        *Trials(engine, titles, demo).routes(),
        *Exchanges(engine).routes(),
        *WaitingCalls(engine).routes(),
        *Conditions(engine).routes(),
        *Providers(engine, titles).routes(),
        *Backlogs(engine).routes(),
    ]
    sessions = Sessions(admin_token, engine.clock, entropy)
    return Console(_app(sessions, calls, Inside(site, admin_token), anywhere=anywhere), sessions)


def _app(sessions: Sessions, calls: list[Route], inside: ASGIApp, *, anywhere: bool) -> ASGIApp:
    desk = _Desk(sessions)
    app = Starlette(
        routes=[
            Route(f"{BASE}/static/{{edition}}/{{path:path}}", parts.serve, methods=["GET"]),
            Route(LOGIN, desk.ask, methods=["GET"]),
            Route(LOGIN, desk.log_in, methods=["POST"]),
            Route(f"{BASE}/enter", desk.enter, methods=["POST"]),
            Route(f"{BASE}/logout", desk.log_out, methods=["POST"]),
            *calls,
            Route(f"{API}{{path:path}}", inside),
            *(Route(each.path, desk.page_of(each), methods=["GET"]) for each in shell.PAGES),
        ],
        exception_handlers=_HANDLERS,
    )
    app.router.redirect_slashes = False
    return Guard(app, sessions, anywhere=anywhere)


class _Desk:
    """Lets people in and out, and gives them their pages."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def page_of(self, page: shell.Page) -> Any:
        """The call that answers with a page."""

        async def show(request: Request) -> Response:
            answer = HTMLResponse(shell.page(page, _theme(request), {"params": dict(request.path_params)}))
            self._prolong(request, answer)
            return answer

        return show

    async def ask(self, request: Request) -> Response:
        """The page that asks for the token."""
        target = _target(request.query_params.get("next", ""))
        if self._sessions.ends(request.state.session) is not None:
            return RedirectResponse(target, 303)
        return HTMLResponse(shell.login(_theme(request), target))

    async def log_in(self, request: Request) -> Response:
        """Let in who knows the token."""
        form = parse_qs((await _body(request)).decode("utf-8", "replace"))
        target = _target(form.get("next", [""])[0])
        if not self._sessions.admits(form.get("token", [""])[0]):
            return HTMLResponse(shell.login(_theme(request), target, "This is not the admin token."), 401)
        return self._opened(request, RedirectResponse(target, 303))

    async def enter(self, request: Request) -> Response:
        """Let in who has a code that was not used before."""
        try:
            code = json.loads(await _body(request))["code"]
        except (ValueError, TypeError, KeyError):
            code = ""
        if not isinstance(code, str) or not self._sessions.redeem(code):
            raise HTTPException(401, "This link was used before, or is too old.")
        return self._opened(request, JSONResponse({}))

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        self._sessions.close(request.state.session)
        answer = RedirectResponse(LOGIN, 303)
        answer.delete_cookie(self._sessions.cookie, path=BASE, httponly=True, samesite="strict")
        return answer

    def _prolong(self, request: Request, answer: Response) -> None:
        ends = self._sessions.ends(request.state.session)
        if ends is not None and ends - self._sessions.clock.now() < LIFE // 2:
            self._opened(request, answer)

    def _opened(self, request: Request, answer: Response) -> Response:
        answer.set_cookie(
            self._sessions.cookie,
            self._sessions.open(),
            max_age=LIFE // 1_000,
            path=BASE,
            secure=is_secure(request.headers),
            httponly=True,
            samesite="strict",
        )
        return answer


def _theme(request: Request) -> str:
    return request.cookies.get(shell.THEME_COOKIE, "")


def _target(text: str) -> str:
    """Where to go after logging in: a page of ours, whatever was asked."""
    return text if _OWN_PATH.fullmatch(text) else BASE


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413, "The form is too large.")
    return bytes(body)


def _problem(status: int, detail: str, **extra: Any) -> Response:
    return JSONResponse({"type": "about:blank", "title": detail, "status": status, "detail": detail, **extra}, status)


async def _show_refusal(request: Request, fault: Exception) -> Response:  # noqa: ARG001  as Starlette calls it
    if not isinstance(fault, Refusal):
        raise fault
    return _problem(503 if fault.fault.value == "unavailable" else 422, str(fault), fault=fault.fault.value)


async def _show_http(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    if request.url.path.startswith(API) or request.method != "GET":
        return _problem(fault.status_code, fault.detail)
    return HTMLResponse(shell.page(shell.MISSING, _theme(request), {}), fault.status_code)


_HANDLERS: Mapping[Any, ExceptionHandler] = {Refusal: _show_refusal, HTTPException: _show_http}
