"""Kannel, the SMS gateway in C: bearerbox with an HTTP centre behind it, smsbox before it (its user guide, 1.4.5)."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asking
from pool import raw
from processes import end, free_ports, up

_BOXES = ("/usr/sbin/bearerbox", "/usr/sbin/smsbox")
_PADDING = "An ordinary short message of a hundred and forty characters or so, which is one part."

_CONFIG = """
group = core
admin-port = {admin}
admin-password = bench
admin-allow-ip = "127.0.0.1"
smsbox-port = {box}
box-allow-ip = "127.0.0.1"
log-file = "{folder}/bearerbox.log"
log-level = 3
dlr-storage = internal
store-type = {store}
store-location = "{folder}/store"
sms-incoming-queue-limit = -1
sms-outgoing-queue-limit = 1000000

group = smsc
smsc = http
smsc-id = upstream
system-type = kannel
send-url = "http://127.0.0.1:{upstream}/peer"
smsc-username = bench
smsc-password = bench
port = {incoming}
connect-allow-ip = "127.0.0.1"
max-pending-submits = 64

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {port}
log-file = "{folder}/smsbox.log"
log-level = 3

group = sendsms-user
username = bench
password = bench
"""


class Kannel:
    """Kannel with one of its two stores; neither waits for the disk."""

    mark = b"0: Accepted for delivery"

    def __init__(self, store: str) -> None:
        self.name = f"kannel_{store}"
        self.port = 0
        self._store = store

    def missing(self) -> str:
        """Why it cannot be run here, empty when it can."""
        absent = [box for box in _BOXES if not Path(box).exists()]
        return f"not installed: {', '.join(absent)}" if absent else ""

    @asynccontextmanager
    async def at_work(self, folder: Path, http: int, smpp: int) -> AsyncIterator[None]:  # noqa: ARG002  it speaks HTTP
        """It runs, with its files in `folder`."""
        own = folder / self.name
        store = own / "store" if self._store == "spool" else own
        await asyncio.to_thread(store.mkdir, parents=True)
        admin, box, incoming, self.port = free_ports(4)
        config = own / "kannel.conf"
        values = {"admin": admin, "box": box, "incoming": incoming, "port": self.port, "upstream": http}
        text = _CONFIG.format(folder=own, store=self._store, **values)
        await asyncio.to_thread(config.write_text, text, "utf-8")
        async with AsyncExitStack() as stack:
            for program, port in zip(_BOXES, (box, self.port), strict=True):
                process = await asyncio.create_subprocess_exec(
                    program, str(config), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
                )
                stack.push_async_callback(end, process)
                await up(port, process)
            yield
        await asyncio.to_thread(shutil.rmtree, own, ignore_errors=True)

    def requests(self, serials: Sequence[int]) -> list[bytes]:
        """One message of one part for each serial number."""
        return [
            raw("GET", f"/cgi-bin/sendsms?username=bench&password=bench&from=972770000001&{_said(serial)}", {})
            for serial in serials
        ]


def _said(serial: int) -> str:
    to = asking.customer(serial % 10_000)
    return f"to={to}&text={quote(f'{asking.tag(serial, to)} {_PADDING}')}"
