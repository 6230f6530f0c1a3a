"""SIGHUP: the process begins anew, with new settings and the program as it is now, and refuses nobody meanwhile.

The sockets stay open across it: who connects in between waits in the system's queue, for about a second.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence

SOCKETS = "_PARLANCE_SOCKETS"
"""Where the process that begins finds the sockets that the one before it left open."""


def inherited() -> list[int]:
    """The files of sockets left open by the run before; each is given once."""
    return [int(file) for file in os.environ.pop(SOCKETS, "").split(",") if file]


def keep_open(sockets: Sequence[socket.socket]) -> list[int]:
    """Second hands on sockets, which stay when the server closes its own."""
    return [os.dup(each.fileno()) for each in sockets]


def let_go(files: Sequence[int]) -> None:
    """Close what was kept open and is not needed."""
    for file in files:
        with contextlib.suppress(OSError):
            os.close(file)


def begin_anew(files: Sequence[int]) -> None:
    """Put this command in the place of the running one; does not return."""
    for file in files:
        os.set_inheritable(file, True)  # noqa: FBT003  (the library's signature)
    environment = {**os.environ, SOCKETS: ",".join(map(str, files))}
    # The very command that was given, by the same interpreter.
    os.execve(sys.executable, [sys.executable, "-m", "parlance", *sys.argv[1:]], environment)  # noqa: S606
