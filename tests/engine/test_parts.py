"""Several cards over a carrier that takes one at a time."""

import json
from pathlib import Path

from engine.house import CUSTOMER, House, house, texts
from parlance.contract.world import NoAnswer
from parlance.model.contact import ContactCard
from parlance.model.fault import Fault
from parlance.model.ids import to_text
from parlance.model.message import Contacts, Stage
from parlance.model.wire import WireRequest
from toys import ScriptedExchange, answered, taken, until

CARDS = Contacts((ContactCard("Ada"), ContactCard("Bea"), ContactCard("Cem")))


def _ids(vendor: ScriptedExchange) -> list[str]:
    return [json.loads(request.body)["id"] for request in vendor.asked]


async def test_cards_leave_in_order_one_message_all_the_time(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        sent = await home.send(content=CARDS)
        after = await home.send("after")
        await home.reaches(after, Stage.SENT)
        assert texts(home.vendor.asked) == ["Ada", "Bea", "Cem", "after"]
        name = to_text(sent.message.id)
        assert _ids(home.vendor)[:3] == [name, f"{name}-1", f"{name}-2"]
        message = await home.reaches(sent, Stage.SENT)
        assert message.content == CARDS
        for part in (f"toy-{name}", f"toy-{name}-2"):
            await home.callback(id=part, stage="read")
        assert (await home.message(message.id)).stage is Stage.SENT
        await home.callback(id=f"toy-{name}-1", stage="delivered")
        assert (await home.message(message.id)).stage is Stage.DELIVERED


async def test_a_refused_part_ends_the_message_and_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [taken, answered(400)]
        message = await home.reaches(await home.send(content=CARDS), Stage.FAILED)
        await home.asked(2)
        assert message.failure is not None
        assert message.failure.fault is Fault.NOT_ON_WHATSAPP
        assert message.failure.detail == "part 2 of 3: not there"


async def test_a_busy_vendor_gets_the_same_part_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [taken, answered(429, retry_after="1"), taken, taken]
        sent = await home.send(content=CARDS)
        await home.asked(2)
        home.clock.advance(2_500)
        await home.reaches(sent, Stage.SENT)
        assert texts(home.vendor.asked) == ["Ada", "Bea", "Bea", "Cem"]


async def _with_unsure_part(home: House) -> str:
    home.vendor.script = [taken, NoAnswer("reset")]
    sent = await home.send(content=CARDS)
    await home.reaches(sent, Stage.UNSURE)
    return to_text(sent.message.id)


async def test_an_unsure_part_waits_for_news_and_the_rest_follows(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        name = await _with_unsure_part(home)
        await home.callback(tag=f"{name}-1", id="by-callback", stage="delivered")
        await until(lambda: len(home.vendor.asked) == 3)
        await home.settled()
        assert texts(home.vendor.asked) == ["Ada", "Bea", "Cem"]


async def test_after_a_crash_between_parts_the_next_part_goes(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        home.vendor.script = [taken]
        sent = await home.send(content=CARDS)
        home.vendor.otherwise = NoAnswer("gone")
        home.start()
        await home.reaches(sent, Stage.UNSURE)
        rows = await home.engine.store.pending(home.sender.id, 0, 10)
        assert [(row.part, row.route_id) for row in rows] == [(1, home.sender.route.id)]
    async with house(tmp_path) as again:
        await again.engine.settle.callback(
            "toy", again.sender.route.callback_token, _status(f"{to_text(sent.message.id)}-1")
        )
        await again.reaches(sent, Stage.SENT)
        assert texts(again.vendor.asked) == ["Cem"]
        assert json.loads(again.vendor.asked[0].body)["to"] == CUSTOMER


def _status(tag: str) -> WireRequest:
    body = json.dumps({"at": 1, "tag": tag, "id": "x", "stage": "delivered"}).encode()
    return WireRequest("POST", "/callbacks/toy/x", body=body)
