"""The machine's clock and the mint of ids."""

import asyncio
import threading
import time

import pytest

from parlance.host import MintedIds, SystemClock
from parlance.model.ids import EPOCH, minted_at
from toys import HandClock


async def test_the_clock_waits_for_a_moment_or_a_call() -> None:
    clock, wake = SystemClock(), asyncio.Event()
    assert abs(clock.now() - time.time() * 1000) < 1_000
    began = clock.now()
    await clock.wait(wake, began + 20)
    assert clock.now() >= began + 19
    await clock.wait(wake, began - 5_000)
    asyncio.get_running_loop().call_soon(wake.set)
    await clock.wait(wake, None)
    await clock.wait(wake, clock.now() + 60_000)


def test_ids_only_grow_even_when_the_clock_steps_back() -> None:
    clock = HandClock()
    ids = MintedIds(clock, node=7)
    first = [ids.mint() for _ in range(5_000)]
    clock.advance(-60_000)
    second = [ids.mint() for _ in range(10)]
    minted = first + second
    assert minted == sorted(set(minted))
    assert minted_at(first[0]) == HandClock().now()
    assert first[0] & 0x3FF000 == 7 << 12


def test_ids_are_unique_across_threads() -> None:
    ids, minted = MintedIds(SystemClock()), list[int]()

    def mint() -> None:
        minted.extend(ids.mint() for _ in range(2_000))

    threads = [threading.Thread(target=mint) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(minted)) == 8_000


def test_a_node_has_ten_bits() -> None:
    with pytest.raises(ValueError, match="node 1024"):
        MintedIds(HandClock(), node=1_024)
    assert MintedIds(HandClock(EPOCH + 1), node=1_023).mint() > 0
