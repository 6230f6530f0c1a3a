"""A site over fakes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from starlette.types import ASGIApp

from parlance.web.site import site
from web.fakes import BEARER, TOKEN, House, client


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def whole(house: House, stopping: asyncio.Event) -> ASGIApp:
    network = cast("Any", None)
    return site(house.engine, network, admin_token=TOKEN, public_url="https://gw.example/", stopping=stopping)


@pytest.fixture
async def admin(whole: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(whole, **BEARER) as opened:
        yield opened


@pytest.fixture
async def anyone(whole: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(whole) as opened:
        yield opened
