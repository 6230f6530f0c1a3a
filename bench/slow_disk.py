"""`parlance` on a slow disk: every commit of the file takes so many milliseconds more.

`python slow_disk.py 5 serve …`. The disk's own time for a sync stays what it is; while it is waited for, the gateway
goes on, as it would beside a disk that is slow by itself.
"""

import sys
import time
from collections.abc import Callable

from parlance.cli import main
from parlance.store import opening
from parlance.store.file import FileConnection


def slowed(seconds: float) -> type[FileConnection]:
    """Connections to the file whose commits take so much longer."""

    class SlowConnection(FileConnection):
        """A connection to a file on a slow disk."""

        def commit(self, waiting: Callable[[], bool] | None = None) -> None:
            """Write to the disk what was done since `begin`."""
            super().commit(waiting)
            time.sleep(seconds)

    return SlowConnection


if __name__ == "__main__":
    vars(opening)["FileConnection"] = slowed(int(sys.argv.pop(1)) / 1000)
    main()
