"""Sockets, and the servers behind them."""

import asyncio
import socket

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from parlance.listeners import ListenFault, WithoutAdmin, bound, serving
from parlance.settings import Settings, load


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def settings(**flags: object) -> Settings:
    return load(port=0, **flags)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/healthz", 200),
        ("/administration", 200),
        ("/admin", 404),
        ("/admin/v1/senders", 404),
        ("/%61dmin/v1/senders", 404),
        ("/sandbox/v1/clock", 404),
        ("/console", 404),
        ("/metrics", 404),
    ],
)
async def test_operators_own_addresses_are_hidden(path: str, status: int) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(WithoutAdmin(plain)), base_url="http://x") as client:
        assert (await client.get(path)).status_code == status


async def test_one_port_serves_everything_on_loopback() -> None:
    with bound(settings()) as sockets:
        assert sockets.url == sockets.admin_url
        async with serving(plain, sockets, settings()), httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{sockets.url}/admin")
    assert (answer.status_code, answer.text) == (200, "/admin")
    assert "server" not in answer.headers


async def test_two_ports_part_operator_and_clients() -> None:
    with bound(settings(admin_listen="127.0.0.1:0")) as sockets:
        async with serving(plain, sockets, settings()), httpx.AsyncClient(trust_env=False) as client:
            statuses = [
                (await client.get(f"{url}{path}")).status_code
                for url in (sockets.url, sockets.admin_url)
                for path in ("/admin", "/")
            ]
    assert statuses == [404, 200, 200, 200]


async def test_request_under_way_is_finished() -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        arrived.set()
        await go_on.wait()
        await plain(scope, receive, send)

    async with httpx.AsyncClient(trust_env=False) as client:
        with bound(settings()) as sockets:
            async with serving(slow, sockets, settings()):
                request = asyncio.create_task(client.get(f"{sockets.url}/slow"))
                await arrived.wait()
                asyncio.get_running_loop().call_later(0.2, go_on.set)
            assert (await request).text == "/slow"
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{sockets.url}/")


def test_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(ListenFault, match=rf"^Port {port} on 127\.0\.0\.1 is taken .* --port\.$"),
            bound(load(port=port)),
        ):
            pass


def test_address_of_another_machine_is_said() -> None:
    with (
        pytest.raises(ListenFault, match=r"^The gateway cannot listen on 192\.0\.2\.1"),
        bound(load(port=0, host="192.0.2.1", public_url="https://wa.example.com")),
    ):
        pass


def test_every_address_is_reached_by_loopback() -> None:
    with bound(load(port=0, host="0.0.0.0", public_url="https://a.b", admin_listen="[::1]:0")) as sockets:
        assert sockets.url == f"http://127.0.0.1:{sockets.public.getsockname()[1]}"
        assert sockets.admin is not None
        assert sockets.admin_url == f"http://[::1]:{sockets.admin.getsockname()[1]}"
