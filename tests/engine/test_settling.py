"""What comes back from vendors and people, and clocks that are moved."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.house import CUSTOMER, DAY, House, house
from parlance.contract.moments import DeliveryFilter, HeardReport, Resolution, Written
from parlance.contract.provider import Capabilities
from parlance.contract.views import MessageFilter
from parlance.contract.world import NoAnswer
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Stage
from parlance.model.sender import Sender
from parlance.model.wire import WireRequest
from parlance.store.sqlite import SqliteStore
from toys import ToyCarrier, answered


async def _callback(home: House, body: bytes, *, carrier: str = "toy", token: str | None = None, **headers: str) -> int:
    request = WireRequest("POST", "/callbacks/toy/x", headers, body)
    answer = await home.engine.settle.callback(carrier, token or home.sender.route.callback_token, request)
    return answer.status


async def test_callbacks_are_answered_after_they_are_stored(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        said = json.dumps({"id": "1", "from": "972550000222", "text": "hi", "at": home.clock.now()}).encode()
        assert await _callback(home, said, carrier="nobody") == 404
        assert await _callback(home, said, token="guessed") == 404
        assert await _callback(home, said, **{"x-toy": "forged"}) == 401
        assert await _callback(home, b"no json") == 400
        assert await home.engine.store.messages(MessageFilter()) == []
        assert await _callback(home, said) == 200
        assert await _callback(home, said) == 200
        assert len(await home.engine.store.messages(MessageFilter())) == 1


async def test_what_cannot_be_stored_is_to_be_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, running=False) as home:

        async def full(_self: SqliteStore, _reports: Sequence[HeardReport]) -> Written:
            raise Refusal(Fault.UNAVAILABLE)

        monkeypatch.setattr(SqliteStore, "hear", full)
        said = json.dumps({"id": "1", "from": "972550000222", "text": "hi", "at": home.clock.now()}).encode()
        assert await _callback(home, said) == 503


async def test_an_unclaimed_status_waits_for_its_message(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.callback(id="toy-unknown", stage="read")
        assert await home.engine.store.messages(MessageFilter()) == []


async def test_nobody_resolves_what_is_not_there(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        with pytest.raises(Refusal) as caught:
            await home.engine.settle.resolve(7, Resolution.SENT)
        assert caught.value.fault is Fault.UNKNOWN_MESSAGE


async def test_a_moved_clock_moves_windows_expiry_and_repeats(tmp_path: Path) -> None:
    carrier = ToyCarrier(Capabilities(text_limit=100, knows_windows=True))
    async with house(tmp_path, carrier=carrier) as home:
        await home.engine.setup.set_route(home.sender, "toy", {})
        with pytest.raises(Refusal) as caught:
            await home.engine.settle.move_clock(home.sender.id, DAY)
        assert caught.value.fault is Fault.BAD_VALUE
        await home.engine.settle.move_clock(None, DAY)
        sender = await home.engine.store.sender(home.sender.id)
        assert sender is not None
        assert sender.clock_offset == 0
        await home.engine.settle.reset_clock(None)


async def test_a_store_that_is_away_loses_no_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path) as home:
        settle, times = SqliteStore.settle, 0

        async def away(self: SqliteStore, settlement: Any) -> Written:
            nonlocal times
            times += 1
            if times < 3:
                raise Refusal(Fault.UNAVAILABLE)
            return await settle(self, settlement)

        monkeypatch.setattr(SqliteStore, "settle", away)
        sent = await home.send()
        await home.asked(1)
        for _ in range(2):
            home.clock.advance(1_000)
            await home.settled()
        await home.reaches(sent, Stage.SENT)
        await home.asked(1)
        assert times == 3


async def test_a_store_that_is_away_at_claim_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path) as home:
        claim, times = SqliteStore.claim, 0

        async def away(self: SqliteStore, *given: Any, **more: Any) -> Any:
            nonlocal times
            times += 1
            if times == 1:
                raise Refusal(Fault.UNAVAILABLE)
            return await claim(self, *given, **more)

        monkeypatch.setattr(SqliteStore, "claim", away)
        sent = await home.send()
        await home.settled()
        assert home.vendor.asked == []
        home.clock.advance(1_000)
        await home.reaches(sent, Stage.SENT)


async def test_stopping_cuts_off_what_does_not_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:

        async def never(_request: WireRequest) -> Any:
            await asyncio.Event().wait()

        home.vendor.otherwise = never
        sent = await home.send()
        await home.asked(1)
        await home.engine.dispatch.stop(10)
        assert (await home.message(sent.message.id)).stage is Stage.SENDING
        assert await home.engine.store.recover(home.clock.now()) == 1


async def test_a_look_up_that_fails_leaves_the_message_unsure(tmp_path: Path) -> None:
    carrier = ToyCarrier(Capabilities(text_limit=100, look_up=True))
    async with house(tmp_path, carrier=carrier) as home:
        home.vendor.script = [NoAnswer("reset"), NoAnswer("reset"), answered(200, {"id": "found"})]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        home.clock.advance(60_000)
        await home.asked(2)
        assert (await home.message(sent.message.id)).stage is Stage.UNSURE
        home.clock.advance(60_000)
        await home.reaches(sent, Stage.SENT)


async def test_webhooks_wait_while_the_store_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path) as home:
        due, times = SqliteStore.due_subscriptions, 0

        async def away(self: SqliteStore, now: int) -> Any:
            nonlocal times
            times += 1
            if times == 1:
                raise Refusal(Fault.UNAVAILABLE)
            return await due(self, now)

        monkeypatch.setattr(SqliteStore, "due_subscriptions", away)
        home.engine.announce.wake()
        await home.settled()
        home.clock.advance(1_000)
        await home.settled()
        assert times >= 2
        assert await home.engine.announce.replay(DeliveryFilter()) == 0


async def _second(home: House, number: str, account: str = "default") -> Sender:
    return (await home.engine.setup.add_sender(number, carrier="toy", account=account)).sender


async def test_one_callback_address_speaks_for_the_accounts_other_numbers(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        other = await _second(home, "5511987654321")
        await home.callback(id="in-9", text="hi", number="551187654321", **{"from": CUSTOMER})
        assert await _windows(home, other) == [CUSTOMER]
        assert await _windows(home, home.sender) == []


async def test_nobody_is_spoken_for_by_another_account_or_an_unknown_number(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        stranger = await _second(home, "972770000222", account="another")
        for number in ("972770000222", "972770000333"):
            assert (await home.callback(id=number, text="hi", number=number, **{"from": CUSTOMER})).status == 200
        assert await _windows(home, stranger) == []
        assert await _windows(home, home.sender) == []


async def test_a_number_that_works_again_lets_its_queue_go(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.callback(state="yellowCard", held="a yellow card")
        sent = await home.send()
        await home.settled()
        assert home.vendor.asked == []
        await home.callback(state="authorized", held="")
        await home.reaches(sent, Stage.SENT)


async def _windows(home: House, sender: Sender) -> list[str]:
    return [window.customer for window in await home.engine.store.windows(sender, "", 10)]
