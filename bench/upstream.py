"""What stands behind the gateway, as a process of its own: carriers' vendors, and the clients' webhooks.

It is told on its command line whom to play, prints where as one line of JSON, and ends with its standard input. Each
vendor has a port. The last port takes webhooks at `/sink` and is asked what was seen:

`GET /tally` how many different messages were taken and how often one came again, how many webhooks were told ·
`GET /moments` when each was taken, by its serial number, in nanoseconds of the monotonic clock ·
`POST /callbacks` `{"carrier", "number", "port", "path"}`: from now on each message of that number is reported there ·
`POST /delay` `{"ms"}`: answers wait so long · `POST /calm` ends both · `POST /reset` forgets what was seen.

Peers have their messages taken at `/peer` of that port, or by SMPP.
"""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Coroutine
from time import monotonic_ns
from typing import Any
from urllib.parse import urlsplit

import uvloop

import asking
from parlance.model.ids import Id
from parlance.providers import discover
from peers.smpp import listen
from plain import NOTHING, Reply, answer, serve
from played import Sample, Vendor
from pool import Pool, Request

REPORTS_AFTER = 0.02
"""Seconds between an answer and the first report of its message: vendors take at least as long."""

_TAG = re.compile(rb"(bench|%s)-(\d+)-(\d+)" % asking.BESIDE.encode())
_CONNECTIONS = 32
_TO_PEER = b"0: Accepted for delivery"
"""What a gateway of that kind takes for a success when another one of its kind is behind it."""


class Seen:
    """What came, for all vendors and webhooks together."""

    def __init__(self) -> None:
        self.moments: dict[int, int] = {}
        self.repeats = 0
        self.told: set[int] = set()
        self.tellings = 0

    def take(self, serial: int) -> None:
        """A message was taken."""
        if serial in self.moments:
            self.repeats += 1
        else:
            self.moments[serial] = monotonic_ns()

    def take_tagged(self, said: bytes) -> bool:
        """A message was taken, whose tag is somewhere in these bytes; False when it has none."""
        found = asking.TAG.search(said)
        if found is not None:
            self.take(int(found[1]))
        return found is not None

    def hear(self, body: bytes) -> None:
        """A webhook came; equal ones count as one, for the gateway may repeat what it is not sure to have told."""
        self.tellings += 1
        self.told.add(hash(body))

    def tally(self) -> dict[str, int]:
        """The counts."""
        return {
            "taken": len(self.moments),
            "repeats": self.repeats,
            "told": len(self.told),
            "tellings": self.tellings,
        }


class Desk:
    """One vendor at work."""

    def __init__(self, vendor: Vendor, seen: Seen) -> None:
        self._vendor = vendor
        self._seen = seen
        self.delay = 0.0
        self._samples: list[Sample] = []
        self._pool: Pool | None = None
        self._later = asyncio.get_running_loop().call_later

    def handle(self, path: str, body: bytes, reply: Reply) -> None:
        """Take a message."""
        found = _TAG.search(body)
        if found is None:
            reply(answer(json.dumps({"error": f"no message at {urlsplit(path).path}"}).encode(), 400))
            return
        tag, number, message_id = found[0], found[3], self._vendor.mint()
        if found[1] == b"bench":
            self._seen.take(int(found[2]))
        wire = self._vendor.answer(message_id, number, tag)
        if self.delay:
            self._later(self.delay, reply, wire)
        else:
            reply(wire)
        if self._pool is not None:
            self._later(self.delay + REPORTS_AFTER, self._report, self._pool, 0, message_id, number, tag)

    async def report_to(self, number: str, port: int, path: str) -> None:
        """Report each message there from now on."""
        await self.calm()
        self._samples = self._vendor.callbacks(f"http://127.0.0.1:{port}{path}", number)
        pool = Pool(port, _CONNECTIONS)
        await pool.open()
        self._pool = pool

    async def calm(self) -> None:
        """Answer at once, and report to nobody."""
        pool, self._pool, self.delay = self._pool, None, 0.0
        if pool is not None:
            await pool.close()

    def _report(self, pool: Pool, place: int, message_id: Id, number: bytes, tag: bytes) -> None:
        """Post one report; the next one follows when this one was heard, so that they come in order."""
        if place == len(self._samples):
            return
        wire = self._vendor.call(self._samples[place], message_id, number, tag)
        pool.put(Request(wire, lambda _: self._report(pool, place + 1, message_id, number, tag)))


class Upstream:
    """All of them, and who is asked about them."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.desks: dict[str, Desk] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, carriers: list[str]) -> dict[str, Any]:
        """Listen; gives the ports."""
        known = discover()
        ports = {}
        for name in carriers:
            self.desks[name] = Desk(Vendor(known[name]), self.seen)
            _, ports[name] = await serve(self.desks[name].handle)
        _, own = await serve(self.asked)
        smpp = await listen(self.seen.take_tagged)
        return {"vendors": ports, "port": own, "smpp": smpp}

    def asked(self, path: str, body: bytes, reply: Reply) -> None:
        """Take a webhook, or answer a question."""
        if path.startswith("/sink"):
            self.seen.hear(body)
            reply(NOTHING)
            return
        if path.startswith("/peer"):
            taken = self.seen.take_tagged(path.encode("latin-1")) or self.seen.take_tagged(body)
            reply(answer(_TO_PEER) if taken else answer(b"no tag", 400))
            return
        calls: dict[str, Callable[[Any, Reply], None]] = {
            "/tally": lambda _, say: say(answer(json.dumps(self.seen.tally()).encode())),
            "/moments": lambda _, say: say(answer(json.dumps(self.seen.moments).encode())),
            "/reset": self._reset,
            "/delay": self._delay,
            "/calm": self._calm,
            "/callbacks": self._report_to,
        }
        calls[path](json.loads(body or b"{}"), reply)

    def _reset(self, _: Any, reply: Reply) -> None:
        fresh = Seen()
        self.seen.__dict__.update(fresh.__dict__)
        reply(NOTHING)

    def _delay(self, asked: Any, reply: Reply) -> None:
        for desk in self.desks.values():
            desk.delay = asked["ms"] / 1000
        reply(NOTHING)

    def _report_to(self, asked: Any, reply: Reply) -> None:
        desk = self.desks[asked["carrier"]]
        self._soon(desk.report_to(asked["number"], asked["port"], asked["path"]), reply)

    def _calm(self, _: Any, reply: Reply) -> None:
        async def all_of_them() -> None:
            for desk in self.desks.values():
                await desk.calm()

        self._soon(all_of_them(), reply)

    def _soon(self, work: Coroutine[Any, Any, None], reply: Reply) -> None:
        """Answer once it is done."""

        async def done() -> None:
            await work
            reply(NOTHING)

        task = asyncio.get_running_loop().create_task(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def main(carriers: list[str]) -> None:
    """Play these carriers' vendors until the standard input ends."""
    upstream = Upstream()
    facts = await upstream.open(carriers)
    sys.stdout.write(f"{json.dumps(facts)}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
