"""The admin API as commands reach it: at a running gateway, or in this process on the data folder alone."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from parlance.cli.place import Failed, Place
from parlance.folder import DataFolder, FolderFault
from parlance.settings import Settings, SettingsFault, is_loopback, load

_TIME_LIMIT = 30.0
_HTTP_ERRORS = 400
_PROBE_LIMIT = 5.0
_PAGE = 500
_KINDS = {
    "missing": "is missing",
    "string_pattern_mismatch": "has a form that cannot be used",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
}
"""What the admin API's commonest kinds of errors mean."""


async def call(
    place: Place, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None
) -> Any:
    """Call the admin API once and give the answer's JSON (None: it has none); raises `Failed`."""
    async with _admin(place) as admin:
        return await _request(admin, method, path, body, query)


async def every(place: Place, path: str) -> list[Any]:
    """Every item of a list, page by page; raises `Failed`."""
    items: list[Any] = []
    async with _admin(place) as admin:
        query: dict[str, str] | None = {"limit": str(_PAGE)}
        while query is not None:
            page = await _request(admin, "GET", path, None, query)
            items += page["items"]
            query = {**query, "after": str(page["next"])} if page["next"] else None
    return items


async def _request(
    admin: httpx.AsyncClient, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None
) -> Any:
    try:
        answer = await admin.request(method, f"/admin/v1{path}", json=body, params=query)
    except httpx.HTTPError as fault:
        raise Failed(f"The gateway at {admin.base_url} does not answer: {_words(fault)}.") from None
    return _read(answer)


@asynccontextmanager
async def _admin(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the admin API: of the gateway named, of the one running on the folder, or of one made here."""
    settings = settings_of(data=place.data)
    folder = DataFolder(settings.data)
    try:
        given = settings.admin_token.get_secret_value()
        running = folder.running()
        if place.url is not None:
            near = is_loopback(_host(place.url))
            # The folder's token is for gateways on this machine: it is not told to others.
            async with remote(place.url, given or (folder.known_admin_token() if near else "")) as admin:
                yield admin
        elif running is not None and is_gateway(running.url):
            async with remote(running.url, given or folder.known_admin_token()) as admin:
                yield admin
        else:
            if not place.makes and not settings.data.is_dir():
                raise Failed(f"There is no data folder {settings.data}. Name one with --data, or start: parlance dev")
            async with _on_folder(settings) as admin:
                yield admin
    except FolderFault as fault:
        raise Failed(str(fault)) from None


@asynccontextmanager
async def _on_folder(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    from parlance import logs  # noqa: PLC0415  (a command that finds a gateway starts quicker without one of its own)
    from parlance.app import opened  # noqa: PLC0415
    from parlance.contract.store import StoreFault  # noqa: PLC0415

    logs.configure("warning", as_json=False)
    try:
        async with opened(settings, settings.public_url or default_url(settings), runs=False) as gateway:
            transport = httpx.ASGITransport(app=gateway.site, raise_app_exceptions=False)
            async with _client("http://gateway", gateway.admin_token, transport) as admin:
                yield admin
    except StoreFault as fault:
        raise Failed(str(fault)) from None


def settings_of(kind: type[Settings] = Settings, **flags: object) -> Settings:
    """The settings; raises `Failed` with every fault in them."""
    try:
        return load(kind, **flags)
    except SettingsFault as fault:
        if len(fault.faults) == 1:
            raise Failed(f"{fault.faults[0]}.") from None
        raise Failed("\n".join(["These settings cannot be used:", *(f"  {each}" for each in fault.faults)])) from None


def default_url(settings: Settings) -> str:
    """The address of a gateway whose public address nobody set."""
    return f"http://{settings.host}:{settings.port}"


def remote(url: str, token: str) -> httpx.AsyncClient:
    """A client of the admin API at `url`; raises `Failed` when that cannot be."""
    if not token:
        raise Failed("Put the gateway's admin token into PARLANCE_ADMIN_TOKEN.")
    return _client(url, token, None, trust_env=not is_loopback(_host(url)))


def is_gateway(url: str) -> bool:
    """Whether a gateway answers there. One that was killed leaves its address behind, for others to listen on."""
    try:
        answer = httpx.get(f"{url}/healthz", timeout=_PROBE_LIMIT, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return "parlance-request-id" in answer.headers


def _host(url: str) -> str:
    """The host of an address; raises `Failed` when it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        host = None
    if not host:
        raise Failed(f"{url!r} is no address. Give one such as http://127.0.0.1:8900.")
    return host


def _client(
    url: str, token: str, transport: httpx.AsyncBaseTransport | None, *, trust_env: bool = False
) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(
        base_url=url, headers=headers, transport=transport, timeout=_TIME_LIMIT, trust_env=trust_env
    )


def _read(answer: httpx.Response) -> Any:
    try:
        value = answer.json() if answer.content else None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Failed(f"What answers at {answer.url} is no gateway (HTTP {answer.status_code}).") from None
    if answer.status_code >= _HTTP_ERRORS:
        raise Failed(_problem(value, answer.status_code))
    return value


def _problem(value: Any, status: int) -> str:
    """A problem object (RFC 9457) as one line."""
    problem = value if isinstance(value, dict) else {}
    errors = [(str(each.get("path")), _KINDS.get(str(each.get("kind")))) for each in problem.get("errors", ())]
    if errors and all(words for _, words in errors):
        return f"{'; '.join(f'{path} {words}' for path, words in errors)}."
    words = str(problem.get("detail") or problem.get("title") or f"The gateway answered HTTP {status}.")
    return " ".join(words.split())


def _words(fault: httpx.HTTPError) -> str:
    if isinstance(fault, httpx.ConnectError):
        return "nothing listens there, or it cannot be reached"
    if isinstance(fault, httpx.TimeoutException):
        return f"no answer within {_TIME_LIMIT:.0f} s"
    return type(fault).__name__


def trouble(url: str | None, settings: Settings | None) -> str:
    """Why the gateway is not ready; empty when it is."""
    base = url or _running_url(settings)
    if not base:
        return "No gateway runs on this data folder."
    try:
        answer = httpx.get(f"{base.rstrip('/')}/readyz", timeout=_PROBE_LIMIT, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return f"Nothing answers at {base}."
    return "" if answer.is_success else f"The gateway at {base} is not ready: {_why(answer)}"


def _running_url(settings: Settings | None) -> str:
    running = DataFolder(settings.data).running() if settings is not None else None
    return running.url if running else ""


def _why(answer: httpx.Response) -> str:
    """What /readyz says of the parts that are down, in one line."""
    try:
        parts = answer.json()["parts"].items()
        down = [f"{name}: {part['reason']}" for name, part in parts if part["status"] == "unavailable"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"HTTP {answer.status_code}."
    return f"{'; '.join(down)}."
