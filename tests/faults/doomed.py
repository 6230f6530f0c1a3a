"""A program that starts gateways quickly, each in a process of its own, some of them doomed to be killed at a point.

It loads everything once and forks for each start: what then runs is `parlance dev` itself. On standard input it takes
one JSON object a line, and answers each with one. `{"arguments", "environment", "out", "err", "doom"}` starts a gateway
whose output goes to these two files, and gives its `pid`. `{"await": pid}` gives its `code`, null while it has not
ended.

A point is named `call:number:when`: the so-many-th call of this door of the store, and when in it the process kills
itself. `before`: nothing was done yet. `within`: the transaction is written but not committed. `committed`: it is, but
nobody was told. `after`: the caller is about to be told.
"""

import functools
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from parlance.cli import main
from parlance.store.group import Group
from parlance.store.postgres import PostgresStore
from parlance.store.sqlite import SqliteStore

LOADED = (
    "uvloop", "parlance.app", "parlance.cli.running", "parlance.cli.welcome", "parlance.cli.workers", "parlance.demo",
    "parlance.listeners", "parlance.logs", "parlance.web.openapi", "uvicorn.protocols.http.httptools_impl",
)  # fmt: skip

Door = Callable[..., Awaitable[Any]]


def die() -> None:
    """No last words, nothing closed, nothing written."""
    os.kill(os.getpid(), signal.SIGKILL)


def doom(point: str) -> None:
    """See to it that this process kills itself at the point."""
    call, number, when = point.split(":")
    calls: Counter[str] = Counter()
    armed: list[str] = []
    finish = Group._finish

    def finished(self: Group, tasks: Any) -> None:
        if "within" in armed:
            die()
        finish(self, tasks)
        if "committed" in armed:
            die()

    def guarded(door: Door) -> Door:
        @functools.wraps(door)
        async def passed(*args: Any, **named: Any) -> Any:
            calls[call] += 1
            if calls[call] != int(number):
                return await door(*args, **named)
            if when == "before":
                die()
            armed.append(when)
            given = await door(*args, **named)
            # Also where the call wrote nothing, and so had no transaction to be killed in.
            die()
            return given

        return passed

    setattr(Group, "_finish", finished)  # noqa: B010  a door that nobody is meant to change
    for store in (PostgresStore, SqliteStore):
        setattr(store, call, guarded(getattr(store, call)))


def start(wish: dict[str, Any]) -> int:
    """Fork a gateway; gives its process id."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        for number, path in enumerate((os.devnull, wish["out"], wish["err"])):
            os.dup2(os.open(path, os.O_RDWR if not number else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.environ.update(wish["environment"])
        if wish["doom"]:
            doom(wish["doom"])
        sys.argv = ["parlance", *wish["arguments"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Do what is wished until there are no more wishes."""
    for name in LOADED:
        __import__(name)
    for line in sys.stdin:
        wish = json.loads(line)
        if "await" in wish:
            ended, status = os.waitpid(wish["await"], os.WNOHANG)
            answer: dict[str, int | None] = {"code": os.waitstatus_to_exitcode(status) if ended else None}
        else:
            answer = {"pid": start(wish)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
