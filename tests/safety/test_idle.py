"""Many who wait for something starve nobody, and leave nothing behind."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from acceptance.outside import Outside
from parlance.contract.provider import Endpoint
from parlance.model.command import TakeDelivery
from parlance.model.fault import Refusal
from parlance.model.wire import WireRequest
from parlance.providers import discover
from safety.gateways import Watched, watched
from safety.wires import Wire, wire

MANY = 200
MOST_KIB = 100
"""What one who waits may cost."""


def figure(gateway: Outside, name: str) -> float:
    found = re.search(rf"(?m)^{name} (\S+)$", gateway.http.get("/metrics").text)
    assert found
    return float(found[1])


def open_files(gateway: Outside) -> float:
    return figure(gateway, "process_open_fds")


def raw(request: WireRequest) -> bytes:
    head = [f"{request.method} {request.url} HTTP/1.1", "host: x"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*head, "", ""]).encode()


def pulling(gateway: Outside) -> WireRequest:
    """A request that waits for the next event in a dialect where events are pulled."""
    for name, provider in discover().items():
        for endpoint in provider.dialect.endpoints if provider.dialect else ():
            if provider.dialect is None or not takes(endpoint):
                continue
            example = provider.dialect.example(gateway.facts["credentials"][name], gateway.customer)[0]
            # What names and proves the sender stands in the path, where it stands in any other call's.
            own = example.path.split("/")
            own[2] = endpoint.path.split("/")[2]
            return WireRequest(endpoint.method, f"{'/'.join(own)}?receiveTimeout=60")
    raise AssertionError("no dialect lets events be pulled")


def takes(endpoint: Endpoint) -> bool:
    try:
        params = dict.fromkeys(re.findall(r"\{(\w+)\}", endpoint.path), "1")
        return isinstance(endpoint.read(WireRequest(endpoint.method, endpoint.path, params=params)), TakeDelivery)
    except (Refusal, LookupError):
        return False


def waiting(gateway: Outside, kind: str) -> bytes:
    bearer = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
    if kind == "phone":
        return raw(WireRequest("GET", "/sandbox/v1/phones/15550001234/wait?timeout=60", bearer))
    if kind == "stream":
        headers = {**bearer, "accept": "text/event-stream"}
        return raw(WireRequest("GET", "/admin/v1/events?after=now", headers))
    return raw(pulling(gateway))


@asynccontextmanager
async def crowd(gateway: Outside, request: bytes) -> AsyncIterator[list[Wire]]:
    """Many who have asked, and wait."""
    async with AsyncExitStack() as stack:
        wires = []
        for _ in range(MANY):
            each = await stack.enter_async_context(wire(str(gateway.facts["url"])))
            await each.send(request)
            wires.append(each)
            # No faster than the strictest of these calls allows.
            await asyncio.sleep(0.011)
        yield wires


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> object:
    with watched(tmp_path_factory.mktemp("idle")) as found:
        found.write(found.customer)
        found.send(found.customer, "warm")
        yield found


@pytest.mark.parametrize("kind", ["pull", "phone", "stream"])
def test_many_who_wait_starve_nobody_and_are_gone_when_they_leave(gateway: Watched, kind: str) -> None:
    async def among_them() -> tuple[float, float]:
        async with crowd(gateway, waiting(gateway, kind)) as wires:
            await asyncio.to_thread(
                gateway.until, lambda: figure(gateway, "process_open_fds"), lambda n: n >= files + MANY
            )
            during = figure(gateway, "process_resident_memory_bytes")
            loop = asyncio.get_running_loop()
            began = loop.time()
            await asyncio.to_thread(gateway.send, gateway.customer, f"among {kind}")
            taken = loop.time() - began
            assert not any(each.reader.at_eof() for each in wires)
            return during, taken

    files = open_files(gateway)
    before = figure(gateway, "process_resident_memory_bytes")
    during, taken = asyncio.run(among_them())
    assert taken < 5
    assert (during - before) / 1_024 / MANY < MOST_KIB
    gateway.until(lambda: open_files(gateway), lambda now: now <= files + 2)


def test_who_left_is_no_longer_waited_for(tmp_path: Path) -> None:
    with watched(tmp_path) as gateway:
        # A gateway that still waited for them would not stop before their time is over.
        asyncio.run(_leave(gateway))
        gateway.stop()


async def _leave(gateway: Watched) -> None:
    for kind in ("pull", "phone", "stream"):
        async with wire(str(gateway.facts["url"])) as one:
            await one.send(waiting(gateway, kind))
            await asyncio.sleep(0.05)
