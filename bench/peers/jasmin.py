"""Jasmin 0.11, the SMS gateway in Python: RabbitMQ and Redis of its own beside it, an SMPP centre behind it."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asking
from pool import raw
from processes import PATIENCE, ProcessFault, end, free_ports, up

_RABBIT = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_DAEMON = "jasmind.py"
_WELCOME, _PROMPT, _MORE = b"Session ref", b"jcli : ", b"\n> "
_PADDING = "An ordinary short message of a hundred and forty characters or so, which is one part."

_CONFIG = """
[amqp-broker]
port = {amqp}
spec = {spec}
log_file = {folder}/amqp.log
[redis-client]
port = {redis}
log_file = {folder}/redis.log
[http-api]
bind = 127.0.0.1
port = {port}
access_log = {folder}/access.log
log_level = WARNING
log_file = {folder}/http.log
[jcli]
bind = 127.0.0.1
port = {jcli}
authentication = False
log_file = {folder}/jcli.log
[router]
port = {router}
store_path = {folder}
log_level = WARNING
log_file = {folder}/router.log
[client-management]
port = {clients}
store_path = {folder}
log_level = WARNING
log_file = {folder}/clients.log
[service-smppclient]
log_level = WARNING
log_file = {folder}/service.log
[smpp-server]
bind = 127.0.0.1
port = {server}
log_level = WARNING
log_file = {folder}/server.log
[smpp-server-pb]
port = {server_pb}
log_level = WARNING
log_file = {folder}/server-pb.log
[sm-listener]
log_level = WARNING
log_file = {folder}/messages.log
"""

_PORTS = ("amqp", "redis", "jcli", "router", "clients", "port", "epmd", "erlang", "server", "server_pb")

_SETTING_UP = (
    ("group -a", "gid bench", "ok"),
    ("user -a", "username bench", "password bench", "gid bench", "uid bench", "ok"),
    (
        "smppccm -a",
        "cid upstream",
        "host 127.0.0.1",
        "port {smpp}",
        "username bench",
        "password bench",
        "submit_throughput 0",
        "logfile {folder}/connector.log",
        "loglevel 30",
        "ok",
    ),
    ("smppccm -1 upstream",),
    ("mtrouter -a", "type defaultroute", "connector smppc(upstream)", "rate 0.00", "ok"),
)
"""What is said to its console, as its pages tell: a user, a connector without a limit, a route to it."""


class Jasmin:
    """Jasmin as its pages set it up, on brokers that nobody else uses."""

    name = "jasmin"
    mark = b'Success "'

    def __init__(self) -> None:
        self.port = 0

    def missing(self) -> str:
        """Why it cannot be run here, empty when it can."""
        absent = [name for name in (_DAEMON, "redis-server") if shutil.which(name) is None]
        absent += [] if Path(_RABBIT).exists() else ["rabbitmq-server"]
        return f"not installed: {', '.join(absent)}" if absent else ""

    @asynccontextmanager
    async def at_work(self, folder: Path, http: int, smpp: int) -> AsyncIterator[None]:  # noqa: ARG002  it speaks SMPP
        """It runs, with its files in `folder`."""
        own = folder / self.name
        await asyncio.to_thread(own.mkdir)
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self.port = ports["port"]
        config = own / "jasmin.cfg"
        text = _CONFIG.format(folder=own, spec=await _spec(), **ports)
        await asyncio.to_thread(config.write_text, text, "utf-8")
        async with AsyncExitStack() as stack:
            await _brokers(stack, own, ports)
            words = (_DAEMON, "--config", str(config))
            process = await _start(stack, words, {"LOG_PATH": str(own), "CONFIG_PATH": str(own)})
            await up(ports["jcli"], process)
            await up(self.port, process)
            await _set_up(ports["jcli"], smpp, own)
            yield
        await asyncio.to_thread(shutil.rmtree, own, ignore_errors=True)

    def requests(self, serials: Sequence[int]) -> list[bytes]:
        """One message of one part for each serial number."""
        return [raw("GET", f"/send?username=bench&password=bench&{_said(serial)}", {}) for serial in serials]


def _said(serial: int) -> str:
    to = asking.customer(serial % 10_000)
    return f"to={to}&content={quote(f'{asking.tag(serial, to)} {_PADDING}')}"


async def _spec() -> str:
    """The file that describes AMQP: the package's own folder of it is left out of its wheel, a library's is not."""
    script = await asyncio.to_thread(Path(shutil.which(_DAEMON) or _DAEMON).read_text, "utf-8")
    interpreter = script.partition("\n")[0].removeprefix("#!").strip()
    found = await _run((interpreter, "-c", "import txamqp; print(txamqp.__path__[0])"))
    return f"{found.strip()}/specs/standard/amqp0-9-1.stripped.xml"


async def _brokers(stack: AsyncExitStack, own: Path, ports: Mapping[str, int]) -> None:
    """Start RabbitMQ and Redis as they come, but in our folder and at our ports."""
    redis = ("redis-server", "--port", str(ports["redis"]), "--bind", "127.0.0.1", "--dir", str(own))
    await up(ports["redis"], await _start(stack, redis, {}))
    rabbit = {
        "HOME": str(own),
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": "parlance-bench@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(ports["amqp"]),
        "RABBITMQ_DIST_PORT": str(ports["erlang"]),
        "RABBITMQ_MNESIA_BASE": str(own / "rabbitmq"),
        "RABBITMQ_LOG_BASE": str(own / "rabbitmq-log"),
        "RABBITMQ_PID_FILE": str(own / "rabbitmq.pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(own / "plugins"),
    }
    # Erlang leaves its port mapper behind; it goes last.
    stack.push_async_callback(_run, ("epmd", "-port", str(ports["epmd"]), "-kill"))
    await up(ports["amqp"], await _start(stack, (_RABBIT,), rabbit))


async def _start(stack: AsyncExitStack, words: Sequence[str], env: Mapping[str, str]) -> Process:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, env={**os.environ, **env}
    )
    stack.push_async_callback(end, process)
    return process


async def _run(words: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    return (await process.communicate())[0].decode()


async def _set_up(port: int, smpp: int, own: Path) -> None:
    """Say to its console what has to be said."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readuntil(_WELCOME)
        for said in _SETTING_UP:
            for line in said:
                writer.write(f"{line.format(smpp=smpp, folder=own)}\r\n".encode())
                answer = await reader.readuntil(_PROMPT if line is said[-1] else _MORE)
            if b"uccess" not in answer:
                raise ProcessFault(f"{said[0]}: {answer.decode(errors='replace').strip()}")
        writer.close()
