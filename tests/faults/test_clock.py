"""The clock jumps, forward and back, between any two moments: nothing is lost, nothing goes twice, everyone is told."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.house import CUSTOMER, OTHER, House, house
from parlance.contract.registry import NewSubscription
from parlance.contract.world import Exchanged, NoAnswer
from parlance.model.command import Accepted
from parlance.model.event import EventKind
from parlance.model.message import Stage
from parlance.model.wire import WireRequest
from toys import answered, taken, until

HOUR = 3_600_000
MINUTE = 60_000
MESSAGES = 12
FARTHEST = 3 * HOUR


@dataclass
class _Fates:
    """A vendor that is busy, silent or well, and a client that does not take everything at once."""

    chance: random.Random
    asked: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    told: Counter[bytes] = field(default_factory=Counter)

    def vendor(self, request: WireRequest) -> Exchanged:
        said = json.loads(request.body)
        self.asked[said["text"]] += 1
        fate = self.chance.choice(("busy", "silent", "well", "well"))
        if fate == "busy" and self.busy[said["text"]] < 2:
            self.busy[said["text"]] += 1
            return answered(429)
        if fate == "silent":
            self.silent.append(said["id"])
            return NoAnswer("reset")
        return taken(request)

    def client(self, request: WireRequest) -> Exchanged:
        self.told[request.body] += 1
        return answered(500 if self.told[request.body] == 1 and self.chance.random() < 0.3 else 200)


async def _jump(home: House, fates: _Fates, millis: int) -> None:
    home.clock.advance(millis)
    await home.settled()
    while fates.silent:
        await home.callback(tag=fates.silent.pop(), stage="delivered")


async def _all_ended(home: House, sent: list[Accepted]) -> bool:
    stages = [(await home.message(each.message.id)).stage for each in sent]
    return set(stages) <= {Stage.SENT, Stage.DELIVERED}


@pytest.mark.parametrize("seed", range(4))
async def test_the_clock_jumps_both_ways(tmp_path: Path, seed: int) -> None:
    fates = _Fates(random.Random(seed))
    async with house(tmp_path) as home:
        home.vendor.otherwise, home.hooks.otherwise = fates.vendor, fates.client
        new = NewSubscription(home.sender.id, "toy", "http://127.0.0.1:9/hook", frozenset())
        await home.engine.setup.subscribe(new)
        began, sent = home.clock.now(), []
        for who in (CUSTOMER, OTHER):
            await home.customer_writes(who=who, id=f"from {who}")
        for number in range(MESSAGES):
            sent.append(await home.send(f"text {number}", to=(CUSTOMER, OTHER)[number % 2]))
            jump = fates.chance.choice((-HOUR, HOUR, -MINUTE, MINUTE, -1, 500))
            if abs(home.clock.now() + jump - began) < FARTHEST:
                await _jump(home, fates, jump)
        for _ in range(100):
            if await _all_ended(home, sent):
                break
            await _jump(home, fates, 5 * MINUTE)
        assert await _all_ended(home, sent)
        await _jump(home, fates, MINUTE)
        assert fates.asked == {text: fates.busy[text] + 1 for text in fates.asked}
        assert len(fates.asked) == MESSAGES
        ends = {EventKind.SENT, EventKind.DELIVERED}
        wanted = {each.message.id for each in sent}

        def told() -> set[int]:
            said = [json.loads(body) for body in fates.told]
            return {each["message"] for each in said if each["kind"] in ends}

        await until(lambda: told() == wanted)
