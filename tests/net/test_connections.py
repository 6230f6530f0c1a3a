"""Connections are kept, limited and given up, and a request is never made twice."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from parlance.contract.world import Answered, Exchanged, NeverLeft, NoAnswer
from parlance.model.wire import WireRequest
from parlance.net import addresses, pool
from parlance.net.addresses import Addresses, Forbidden
from parlance.net.connecting import Connector
from parlance.net.connection import Connection, Key
from parlance.net.exchange import HttpExchange

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(params=[False, True], ids=["plain", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Every test here runs on both loops."""
    return "asyncio", {"use_uvloop": request.param}


class _Site:
    """A server that answers each request with `answer`, as soon as `gate` is open, and counts."""

    def __init__(self, answer: bytes | None = OK) -> None:
        self.answer = answer
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[bytes] = []
        self.opened = self.closed = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.url = ""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.writers.append(writer)
        try:
            while True:
                self.asked.append((await reader.readuntil(b"hello")).split(b" ")[1])
                await self.gate.wait()
                if self.answer is None:
                    break
                writer.write(self.answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.closed += 1
            writer.close()


@asynccontextmanager
async def _open(site: _Site, context: ssl.SSLContext | None = None) -> AsyncIterator[_Site]:
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=context)
    site.port = server.sockets[0].getsockname()[1]
    site.url = f"http{'s' if context else ''}://127.0.0.1:{site.port}"
    try:
        yield site
    finally:
        site.gate.set()
        server.close()
        await _until(lambda: site.closed == site.opened)


@asynccontextmanager
async def _exchange(**more: Any) -> AsyncIterator[HttpExchange]:
    exchange = HttpExchange(**{"guarded": False, **more})
    await exchange.start()
    try:
        yield exchange
    finally:
        held = exchange._pool
        await exchange.close()
        assert held is None or not held._open


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


async def _ask(exchange: HttpExchange, url: str, limit: int = 5_000, **headers: str) -> Exchanged:
    return await exchange.perform(WireRequest("POST", url, headers, b"hello"), limit)


def _held(exchange: HttpExchange) -> tuple[int, int]:
    assert exchange._pool is not None
    return exchange._pool._held, len(exchange._pool._idle)


# ---- kept, and not kept


async def test_a_connection_is_used_again() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        for _ in range(3):
            assert isinstance(await _ask(exchange, site.url), Answered)
        assert (site.opened, _held(exchange)) == (1, (1, 1))


async def test_one_that_was_closed_while_idle_is_not_used() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        site.writers[0].close()
        await _until(lambda: _held(exchange) == (0, 0))
        assert isinstance(await _ask(exchange, site.url), Answered)
        assert site.opened == 2


async def test_one_that_is_known_to_be_closing_is_not_used() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        assert exchange._pool is not None
        transport = next(iter(exchange._pool._idle))._transport
        assert transport is not None
        transport.abort()  # as when reading failed: who uses it is told one round of the loop later
        assert isinstance(await _ask(exchange, site.url), Answered)
        assert site.opened == 2


async def test_one_on_which_something_unasked_comes_is_closed() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        site.writers[0].write(OK)
        await _until(lambda: _held(exchange) == (0, 0))
        assert isinstance(await _ask(exchange, site.url), Answered)


@pytest.mark.parametrize("answer", [OK + OK, OK + b"x", OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")])
async def test_one_with_more_than_the_answer_or_with_a_farewell_is_closed(answer: bytes) -> None:
    async with _open(_Site(answer)) as site, _exchange() as exchange:
        found = await _ask(exchange, site.url)
        assert isinstance(found, Answered)
        assert (found.response.body, _held(exchange)) == (b"ok", (0, 0))


async def test_a_request_that_says_farewell() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url, connection="close")
        assert _held(exchange) == (0, 0)


async def test_closed_after_a_request_on_a_used_connection_is_no_second_try() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        site.answer = None
        assert await _ask(exchange, f"{site.url}/second") == NoAnswer("ServerDisconnectedError")
        assert (site.asked, site.opened) == ([b"/", b"/second"], 1)


async def test_idle_connections_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.05)
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        await _until(lambda: site.closed == 1)
        assert (_held(exchange), exchange._pool and exchange._pool._ready) == ((0, 0), {})


async def test_the_younger_ones_are_dropped_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.1)
    async with _open(_Site()) as one, _open(_Site()) as two, _exchange() as exchange:
        await _ask(exchange, one.url)
        began = asyncio.get_running_loop().time()
        await _until(lambda: asyncio.get_running_loop().time() > began + 0.05)
        await _ask(exchange, two.url)
        await _until(lambda: one.closed == 1)
        await _until(lambda: two.closed == 1)
        assert _held(exchange) == (0, 0)


async def test_one_that_was_idle_too_long_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        await _ask(exchange, site.url)
        monkeypatch.setattr(pool, "IDLE_SECONDS", 0)
        assert isinstance(await _ask(exchange, site.url), Answered)
        assert site.opened == 2


async def test_an_answer_before_the_request_was_taken() -> None:
    writers: list[asyncio.StreamWriter] = []

    async def hasty(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(OK)
        writers.append(writer)

    server = await asyncio.start_server(hasty, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with _exchange() as exchange:
        found = await exchange.perform(WireRequest("POST", url, body=bytes(50_000_000)), 5_000)
        assert isinstance(found, Answered)
        assert _held(exchange) == (0, 0)
        writers[0].transport.abort()
        await _until(lambda: exchange._pool is not None and not exchange._pool._open)
    server.close()


# ---- how many


async def test_who_waits_longest_is_next_and_who_left_is_not_missed() -> None:
    async with _open(_Site()) as site, _exchange(connections=1) as exchange:
        site.gate.clear()
        tasks = [asyncio.ensure_future(_ask(exchange, f"{site.url}/{number}")) for number in range(4)]
        await _until(lambda: len(site.asked) == 1)
        tasks[1].cancel()
        late = await _ask(exchange, f"{site.url}/late", 20)
        site.gate.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert late == NeverLeft("no answer in time")
        assert [type(each) for each in found] == [Answered, asyncio.CancelledError, Answered, Answered]
        assert (site.asked, site.opened, _held(exchange)) == ([b"/0", b"/2", b"/3"], 1, (1, 1))


async def test_an_idle_connection_makes_room_for_another_host() -> None:
    async with _open(_Site()) as one, _open(_Site()) as two, _exchange(connections=1) as exchange:
        for site in (one, two, one):
            assert isinstance(await _ask(exchange, site.url), Answered)
        assert (one.opened, two.opened, _held(exchange)) == (2, 1, (1, 1))


async def test_a_place_goes_to_another_host() -> None:
    async with _open(_Site()) as one, _open(_Site()) as two, _exchange(connections=1) as exchange:
        one.gate.clear()
        first = asyncio.ensure_future(_ask(exchange, one.url))
        await _until(lambda: len(one.asked) == 1)
        second = asyncio.ensure_future(_ask(exchange, two.url))
        await _until(lambda: exchange._pool is not None and len(exchange._pool._waiting) == 1)
        one.gate.set()
        assert [type(each) for each in await asyncio.gather(first, second)] == [Answered, Answered]
        assert _held(exchange) == (1, 1)


@pytest.mark.parametrize("same", [True, False])
async def test_a_place_given_in_the_moment_it_is_given_up(same: bool) -> None:
    async with _open(_Site()) as site, _exchange(connections=1) as exchange:
        await _ask(exchange, site.url)
        places = exchange._pool
        assert places is not None
        key = next(iter(places._idle)).key
        connection = places.take(key)
        assert connection is not None
        waiter = asyncio.ensure_future(places.place(key if same else (False, "other", 1)))
        await _until(lambda: len(places._waiting) == 1)
        places.give(connection)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert _held(exchange) == ((1, 1) if same else (0, 0))


# ---- given up


async def test_a_request_that_is_cancelled_closes_its_connection() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        site.gate.clear()
        task = asyncio.ensure_future(_ask(exchange, site.url))
        await _until(lambda: len(site.asked) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert _held(exchange) == (0, 0)
        site.gate.set()
        await _until(lambda: site.closed == 1)


async def test_closing_with_requests_under_way() -> None:
    async with _open(_Site()) as site, _exchange(connections=1) as exchange:
        site.gate.clear()
        tasks = [asyncio.ensure_future(_ask(exchange, site.url)) for _ in range(2)]
        await _until(lambda: len(site.asked) == 1)
        await exchange.close()
        assert [type(each) for each in await asyncio.gather(*tasks)] == [NoAnswer, NeverLeft]
        assert await _ask(exchange, site.url) == NeverLeft("the gateway is not started")


async def test_one_that_was_opened_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        places = exchange._pool
        assert places is not None
        real = places.make

        def make(key: Key) -> Connection:
            places._closed = True
            return real(key)

        monkeypatch.setattr(places, "make", make)
        assert await _ask(exchange, site.url) == NeverLeft("ConnectionAbortedError")
        assert _held(exchange) == (0, 0)
        assert await _ask(exchange, site.url) == NeverLeft("ConnectionAbortedError")


async def test_one_that_ends_before_anything_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        real = exchange._connector.open

        async def opened(*given: Any) -> Connection:
            connection = await real(*given)
            connection.abort()
            return connection

        monkeypatch.setattr(exchange._connector, "open", opened)
        assert await _ask(exchange, site.url) == NeverLeft("ConnectionResetError")
        assert (site.asked, _held(exchange)) == ([], (0, 0))


# ---- names


async def _silent(_host: str) -> tuple[str, ...]:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_a_name_that_nobody_knows_in_time() -> None:
    async with _exchange() as exchange:
        exchange._connector = Connector(Addresses(guarded=False, ask=_silent))
        assert await _ask(exchange, "http://a.example/", 20) == NeverLeft("no answer in time")
        task = asyncio.ensure_future(_ask(exchange, "http://a.example/"))
        await _until(lambda: _held(exchange) == (1, 0))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert _held(exchange) == (0, 0)


async def test_closing_while_a_name_is_asked_for() -> None:
    async with _exchange() as exchange:
        exchange._connector = Connector(Addresses(guarded=False, ask=_silent))
        task = asyncio.ensure_future(_ask(exchange, "http://a.example/"))
        await _until(lambda: bool(exchange._connector._addresses._asked))
        await exchange.close()
        assert await task == NeverLeft("ConnectionAbortedError")


async def test_every_address_is_tried() -> None:
    async def ask(_host: str) -> tuple[str, ...]:
        return "127.0.0.2", "127.0.0.1"

    async with _open(_Site()) as site, _exchange() as exchange:
        exchange._connector = Connector(Addresses(guarded=False, ask=ask))
        assert isinstance(await _ask(exchange, f"http://a.example:{site.port}/"), Answered)


async def test_a_name_that_changes_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([("8.8.8.8",), ("127.0.0.1",)])

    async def ask(_host: str) -> tuple[str, ...]:
        return next(answers)

    found = Addresses(guarded=True, ask=ask)
    assert [await found.find("a.example") for _ in range(2)] == [("8.8.8.8",)] * 2
    monkeypatch.setattr(addresses, "KEPT_SECONDS", -1)
    found._known.clear()
    with pytest.raises(Forbidden):
        await found.find("a.example")
    async with _open(_Site()) as site, _exchange(guarded=True) as exchange:
        exchange._connector = Connector(found)
        found._known["a.example"] = asyncio.get_running_loop().time() + 30, ("127.0.0.1",)
        forbidden = NeverLeft("it points to this machine or its own network")
        assert await _ask(exchange, f"http://a.example:{site.port}/") == forbidden
        assert site.opened == 0


async def test_names_are_asked_for_once_and_failures_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MOST_NAMES", 2)
    asked: list[str] = []

    async def ask(host: str) -> tuple[str, ...]:
        asked.append(host)
        await asyncio.sleep(0)
        if host == "bad":
            raise ConnectionError
        return ("8.8.8.8",)

    found = Addresses(guarded=False, ask=ask)
    await asyncio.gather(*(found.find(host) for host in ("a", "a", "b", "c", "c")))
    assert asked == ["a", "b", "c"]
    assert len(found._known) == 2
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await found.find("bad")
    assert asked[3:] == ["bad", "bad"]


async def test_the_systems_own_names() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        assert isinstance(await _ask(exchange, f"http://localhost:{site.port}/"), Answered)


# ---- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "both.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def test_an_unknown_certificate(certificate: Path) -> None:
    async with _open(_Site(), _context(certificate)) as site, _exchange() as exchange:
        assert await _ask(exchange, site.url) == NeverLeft("SSLCertVerificationError")
        assert (site.asked, _held(exchange)) == ([], (0, 0))


async def test_a_known_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with _open(_Site(), _context(certificate)) as site, _exchange() as exchange:
        for _ in range(2):
            assert isinstance(await _ask(exchange, site.url), Answered)
        spoken = site.writers[0].get_extra_info("ssl_object").selected_alpn_protocol()
        assert (site.opened, spoken) == (1, "http/1.1")
        site.answer = None
        assert isinstance(await _ask(exchange, site.url), NoAnswer)


async def test_a_certificate_of_another_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with _open(_Site(), _context(certificate)) as site, _exchange() as exchange:
        url = f"https://localhost:{site.port}/"
        assert await _ask(exchange, url) == NeverLeft("SSLCertVerificationError")


async def test_tls_to_who_does_not_speak_it() -> None:
    async with _open(_Site()) as site, _exchange() as exchange:
        found = await _ask(exchange, site.url.replace("http", "https"), 100)
        assert found == NeverLeft("no answer in time")
        assert _held(exchange) == (0, 0)
