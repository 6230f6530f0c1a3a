"""What every part of the store works with: the writer, the readers, the vault and what is remembered."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TypeVar

from parlance.contract.world import Clock, Ids
from parlance.model.ids import Id
from parlance.store import unlocking
from parlance.store.connection import Connection
from parlance.store.faults import unavailable
from parlance.store.fencing import Fences
from parlance.store.group import Group, Work
from parlance.store.known import Known, Standing, load_standing
from parlance.store.pen import Audience, Pen
from parlance.store.readers import Readers
from parlance.store.vault import Vault

T = TypeVar("T")
_LARGEST = (1 << 63) - 1


class Ledger(ABC):
    """One database."""

    def __init__(self, ids: Ids, clock: Clock, secret_key: str) -> None:
        """`secret_key` unlocks what is encrypted in the database. Nothing is touched before `open`."""
        self._ids = ids
        self._clock = clock
        self._secret_key = secret_key
        self._known = Known()
        self._audience = Audience()
        self._fences = Fences()
        self._group: Group | None = None
        self._readers: Readers | None = None
        self._opened: Vault | None = None

    @abstractmethod
    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""

    async def close(self) -> None:
        """Finish what was begun and close; closing twice does no harm."""
        if self._readers is not None:
            await self._readers.close()
        if self._group is not None:
            await self._group.close()
        self._known.forget_all()

    async def rekey(self, secret_key: str) -> None:
        """Let another secret key unlock the database from now on; nothing encrypted has to be written again."""
        vault = self._vault
        await self._write(lambda con: unlocking.rewrap(con, vault, secret_key))
        self._secret_key = secret_key

    @property
    def _vault(self) -> Vault:
        if self._opened is None:
            raise unavailable()
        return self._opened

    async def _write(
        self,
        work: Work[T],
        after: Callable[[T], None] | None = None,
        *,
        patient: bool = False,
        item: object = None,
    ) -> T:
        if self._group is None:
            raise unavailable()
        return await self._group.run(work, after, patient=patient, item=item)

    async def _change(
        self, work: Work[T], whose: Callable[[T], Iterable[Id]] | None = None, *, item: object = None
    ) -> T:
        """Run an operation that changes what is set up for senders: by its result, `whose` (None: anyone's may be)."""

        def changing(con: Connection) -> T:
            result = work(con)
            con.changed(None if whose is None else whose(result))
            return result

        return await self._write(
            changing, lambda result: self._forget(None if whose is None else whose(result)), item=item
        )

    def _forget(self, sender_ids: Iterable[Id] | None) -> None:
        """What is set up for these senders has changed (None: for any), here or on another node."""
        if sender_ids is None:
            self._audience.forget()
            self._known.forget_all()
        elif changed := tuple(sender_ids):
            for sender_id in changed:
                self._audience.forget(sender_id)
            self._known.forget(*changed)

    async def _read(self, work: Work[T]) -> T:
        if self._readers is None:
            raise unavailable()
        return await self._readers.run(work)

    async def _readable(self) -> Id:
        """Up to which id the event log can be read; where one writer mints in the order of its commits, all of it."""
        return _LARGEST

    def _pen(self, con: Connection) -> Pen:
        return Pen(con, self._ids, self._audience)

    async def _standing(self, sender_id: Id) -> Standing | None:
        found = self._known.standing(sender_id)
        if found is None:
            changes, vault = self._known.changes, self._vault
            found = await self._read(lambda con: load_standing(con, vault, sender_id))
            if found is not None:
                self._known.keep(found, changes)
        return found
