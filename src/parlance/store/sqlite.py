"""The SQLite engine: everything the store promises, over one file that one process owns."""

import asyncio
from pathlib import Path

from parlance.contract.cluster import Cluster
from parlance.contract.world import Clock, Ids
from parlance.store import opening
from parlance.store.connection import Link
from parlance.store.doors import Doors
from parlance.store.group import Group
from parlance.store.readers import Readers
from parlance.store.solo import Solo


class SqliteStore(Doors):
    """A `Store` and a `PhoneBook` in `<folder>/parlance.db`."""

    def __init__(self, folder: Path, ids: Ids, clock: Clock, secret_key: str) -> None:
        """`secret_key` unlocks what is encrypted in the folder's database. Nothing is touched before `open`."""
        super().__init__(ids, clock, secret_key)
        self._folder = folder
        self.cluster: Cluster = Solo()
        self._lock: opening.FolderLock | None = None

    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""
        path = self._folder / opening.DATABASE
        lock = await asyncio.to_thread(opening.FolderLock.take, self._folder)
        try:
            connection, self._opened = await asyncio.to_thread(opening.prepare, path, self._secret_key)
        except BaseException:
            lock.release()
            raise
        self._lock = lock
        self._group = Group(connection, self._audience.forget)
        self._readers = Readers(lambda: opening.reader(path))

    def _aside(self) -> Link:
        return opening.reader(self._folder / opening.DATABASE)

    async def close(self) -> None:
        """Finish what was begun and close; closing twice does no harm."""
        await super().close()
        if self._lock is not None:
            self._lock.release()
