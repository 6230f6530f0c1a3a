"""What a node answers that serves no API."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from parlance.web.site import Aside
from web.fakes import client


async def _page(_: Request) -> Response:
    return PlainTextResponse("a page")


@pytest.fixture
async def aside(whole: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(Aside(whole, [Route("/console", _page)])) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/console"])
async def test_it_tells_how_it_fares_and_has_its_console(aside: httpx.AsyncClient, path: str) -> None:
    assert (await aside.get(path)).status_code != 404


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/openapi.json", "/admin/v1/senders", "/sandbox/v1/clock", "/callbacks/toy/t", "/healthz/x"]
)
async def test_all_else_is_not_there(aside: httpx.AsyncClient, path: str) -> None:
    answer = await aside.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
