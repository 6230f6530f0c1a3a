"""Events reach whoever subscribed, as often as it takes and no oftener."""

import json
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from engine.house import CUSTOMER, OTHER, House, house
from parlance.contract.moments import Delivery, DeliveryFilter, DeliveryState
from parlance.contract.registry import NewSubscription
from parlance.contract.world import NeverLeft, NoAnswer
from parlance.model.command import ChangeSettings
from parlance.model.event import EventKind
from parlance.model.message import Stage
from parlance.model.sender import Subscription
from toys import answered, until

URL = "http://127.0.0.1:9/hook"


async def _subscribe(home: House, **settings: object) -> Subscription:
    new = NewSubscription(home.sender.id, "toy", URL, frozenset(), settings=settings)
    return await home.engine.setup.subscribe(new)


async def _told(home: House, count: int) -> list[tuple[str, int]]:
    await until(lambda: len(home.hooks.asked) >= count)
    await home.settled()
    assert len(home.hooks.asked) == count
    said = [json.loads(request.body) for request in home.hooks.asked]
    return [(each["kind"], each["message"]) for each in said]


async def _deliveries(home: House, state: str = "") -> list[Delivery]:
    return list(await home.engine.store.deliveries(DeliveryFilter(state=state)))


async def test_incoming_messages_and_statuses_are_told_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home)
        await home.customer_writes()
        sent = await home.send()
        await home.reaches(sent, Stage.SENT)
        tag = f"{sent.message.id:016x}"
        await home.callback(tag=tag, stage="delivered")
        await home.callback(tag=tag, stage="read")
        told = await _told(home, 4)
        assert told[0][0] == EventKind.RECEIVED
        assert told[1:] == [
            (EventKind.SENT, sent.message.id),
            (EventKind.DELIVERED, sent.message.id),
            (EventKind.READ, sent.message.id),
        ]
        assert [each.number for each in await _deliveries(home, "done")] == [1, 2, 3, 4]


async def test_standard_webhooks_headers_stand_beside(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        subscription = await _subscribe(home)
        await home.customer_writes()
        await _told(home, 1)
        request = home.hooks.asked[0]
        home_secret = subscription.webhook_secret
        assert home_secret.startswith("whsec_")
        moment = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signed = Webhook(home_secret).sign(request.headers["webhook-id"], moment, request.body.decode())
        assert request.headers["webhook-signature"] == signed
        assert int(request.headers["webhook-timestamp"]) == home.clock.now() // 1000


async def test_a_receiver_that_is_down_gets_it_later_with_the_same_bytes(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home)
        home.hooks.script = [NeverLeft("connection refused"), answered(500)]
        await home.customer_writes()
        await _told(home, 1)
        home.clock.advance(999)
        await _told(home, 1)
        home.clock.advance(1)
        await _told(home, 2)
        home.clock.advance(10_000)
        await _told(home, 3)
        assert len({request.body for request in home.hooks.asked}) == 1
        assert len({request.headers["webhook-id"] for request in home.hooks.asked}) == 1
        (delivery,) = await _deliveries(home)
        assert (delivery.state, delivery.tries, delivery.last_status) == (DeliveryState.DONE, 3, 200)


async def test_tries_end_and_a_replay_begins_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home)
        home.hooks.script = [NoAnswer("reset")] * 3
        await home.customer_writes()
        await _told(home, 1)
        for millis in (1_000, 10_000):
            home.clock.advance(millis)
            await home.settled()
        await _told(home, 3)
        (dead,) = await _deliveries(home, "dead")
        assert (dead.tries, dead.last_error) == (3, "reset")
        assert await home.engine.store.dead_letters() == 1
        assert await home.engine.announce.replay(DeliveryFilter(state="dead")) == 1
        await _told(home, 4)
        assert await home.engine.store.dead_letters() == 0


async def test_without_retry_there_is_one_try(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home, retry=False)
        home.hooks.script = [answered(201)]
        await home.customer_writes()
        await _told(home, 1)
        await until(lambda: home.engine.announce)
        (dead,) = await until(lambda: _deliveries(home, "dead"))
        assert (dead.last_status, dead.last_error) == (201, "answered 201")


async def test_in_order_means_the_next_waits(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home, in_order=True)
        home.hooks.script = [answered(503)]
        await home.customer_writes("one", CUSTOMER, id="a")
        await _told(home, 1)
        await home.customer_writes("two", OTHER, id="b")
        await _told(home, 1)
        home.clock.advance(1_000)
        told = await _told(home, 3)
        assert told[0] == told[1]
        assert told[1] != told[2]


async def test_one_receiver_down_does_not_stop_another(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await _subscribe(home, in_order=True)
        await _subscribe(home)
        home.hooks.script = [NoAnswer("reset")]
        await home.customer_writes()
        await _told(home, 2)
        assert sorted(each.state for each in await _deliveries(home)) == [DeliveryState.DONE, DeliveryState.DUE]


async def test_what_is_due_survives_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await _subscribe(home)
        await home.customer_writes()
        clock = home.clock
    async with house(tmp_path, clock=clock) as home:
        assert (await _told(home, 1))[0][0] == EventKind.RECEIVED


async def test_the_dialects_own_subscription_follows_its_settings(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        change = ChangeSettings({"url": URL})
        await home.engine.intake.handle("toy", home.sender, change)
        (own,) = await home.engine.store.subscriptions(home.sender.id)
        assert (own.url, own.own, own.webhook_secret[:6]) == (URL, True, "whsec_")
        await home.customer_writes()
        await _told(home, 1)


async def test_events_without_words_are_passed_over(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        new = NewSubscription(home.sender.id, "toy", URL, frozenset({EventKind.UNSURE}))
        await home.engine.setup.subscribe(new)
        home.vendor.script = [NoAnswer("reset")]
        await home.reaches(await home.send(), Stage.UNSURE)
        (skipped,) = await until(lambda: _deliveries(home, "skipped"))
        assert skipped.event.kind is EventKind.UNSURE
        assert home.hooks.asked == []
