"""The machine we run on: its clock and the mint of ids."""

import asyncio
import threading
import time

from parlance.contract.world import Clock
from parlance.model.ids import COUNTER_BITS, EPOCH, NODE_BITS, Id, compose


class SystemClock:
    """The machine's clock, in Unix milliseconds."""

    def now(self) -> int:
        """The present moment."""
        return time.time_ns() // 1_000_000

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        """Return when `wake` is set or the moment `until` has come, whichever is first."""
        if until is None:
            await wake.wait()
            return
        try:
            async with asyncio.timeout(max(0, until - self.now()) / 1000):
                await wake.wait()
        except TimeoutError:
            pass


class MintedIds:
    """Mints ids that only grow, from any thread, also when the clock steps back."""

    def __init__(self, clock: Clock, node: int = 0) -> None:
        """`node` (0 to 1023) keeps apart the mints of one installation."""
        if not 0 <= node < 1 << NODE_BITS:
            raise ValueError(f"node {node} is not between 0 and {(1 << NODE_BITS) - 1}")
        self._clock = clock
        self._node = node
        self._lock = threading.Lock()
        self._millis = EPOCH
        self._counter = 0

    def settle_on(self, node: int) -> None:
        """Mint as this node from now on; 0 leaves it as it is."""
        if not 0 <= node < 1 << NODE_BITS:
            raise ValueError(f"node {node} is not between 0 and {(1 << NODE_BITS) - 1}")
        with self._lock:
            self._node = node or self._node

    def mint(self) -> Id:
        """A new id, larger than every one minted here before."""
        with self._lock:
            now = self._clock.now()
            if now > self._millis:
                self._millis, self._counter = now, 0
            else:
                self._counter += 1
                if self._counter >> COUNTER_BITS:
                    self._millis, self._counter = self._millis + 1, 0
            return compose(self._millis, self._node, self._counter)
