"""A site over fakes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from starlette.types import ASGIApp

from parlance.engine.watch import Watch
from parlance.web.site import site
from web.fakes import BEARER, TOKEN, House, client


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def watch(house: House) -> Watch:
    return Watch(house.engine.store, house.clock, house.engine.carriers, house.ids.mint())


@pytest.fixture
def whole(house: House, stopping: asyncio.Event, watch: Watch) -> ASGIApp:
    network = cast("Any", None)
    url = "https://gw.example/"
    return site(house.engine, network, admin_token=TOKEN, public_url=url, stopping=stopping, watch=watch)


@pytest.fixture
async def admin(whole: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(whole, **BEARER) as opened:
        yield opened


@pytest.fixture
async def anyone(whole: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client(whole) as opened:
        yield opened
