"""By which route a message leaves when the first one cannot send it."""

import json
from pathlib import Path

from engine.house import CUSTOMER, OTHER, House, house, texts
from parlance.contract.provider import Capabilities
from parlance.contract.world import NeverLeft, NoAnswer
from parlance.model.contact import ContactCard, Phone
from parlance.model.message import Contacts, Stage
from toys import ToyCarrier, answered, taken

PLAIN = Capabilities(text_limit=10)


def _carriers(home: House) -> list[str]:
    return [json.loads(request.body)["by"] for request in home.vendor.asked]


async def _backed(home: House, carrier: str = "spare") -> None:
    await home.engine.setup.set_route(home.sender, carrier, {}, backup=True)
    await home.engine.dispatch.reload(home.sender.id)


async def test_without_a_backup_a_refusal_is_the_end(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        home.vendor.script = [answered(409)]
        await home.reaches(await home.send(), Stage.FAILED)
        assert _carriers(home) == ["toy"]


async def test_a_message_the_first_carrier_refuses_goes_by_the_next(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await _backed(home)
        home.vendor.script = [answered(409)]
        sent = await home.send()
        await home.reaches(sent, Stage.SENT)
        assert _carriers(home) == ["toy", "spare"]
        attempts = [each.detail for each in await home.history(sent) if each.what == "attempt"]
        assert [(each["carrier"], each["outcome"]) for each in attempts] == [("toy", "refused"), ("spare", "sent")]
        assert attempts[0]["detail"] == "cannot (goes on by spare)"


async def test_a_refusal_about_the_recipient_goes_nowhere_else(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await _backed(home)
        home.vendor.script = [answered(400)]
        await home.reaches(await home.send(), Stage.FAILED)
        assert _carriers(home) == ["toy"]


async def test_what_may_have_left_goes_nowhere_else(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await _backed(home)
        home.vendor.script = [NoAnswer("reset")]
        await home.reaches(await home.send(), Stage.UNSURE)
        await home.asked(1)


async def test_a_held_route_is_stood_in_for(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await _backed(home)
        home.vendor.script = [answered(401)]
        first, second = await home.send("one"), await home.send("two", OTHER)
        await home.reaches(first, Stage.SENT)
        await home.reaches(second, Stage.SENT)
        assert texts(home.vendor.asked)[0] == "one"
        assert _carriers(home)[0] == "toy"
        attempts = [each.detail for each in await home.history(first) if each.what == "attempt"]
        assert [(each["carrier"], each["outcome"]) for each in attempts] == [("toy", "refused"), ("spare", "sent")]


async def test_a_route_that_does_not_answer_cools_down(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await _backed(home)
        home.vendor.script = [NeverLeft("refused")] * 3
        first = await home.send("one")
        for tries in (1, 2, 3):
            await home.asked(tries)
            home.clock.advance(10_000)
        await home.reaches(first, Stage.SENT)
        assert _carriers(home) == ["toy", "toy", "toy", "spare"]
        await home.reaches(await home.send("two", OTHER), Stage.SENT)
        assert _carriers(home)[-1] == "spare"
        home.clock.advance(60_000)
        await home.reaches(await home.send("three", OTHER), Stage.SENT)
        assert _carriers(home)[-1] == "toy"


async def test_a_backup_that_would_lose_something_is_passed_over(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier(PLAIN)}) as home:
        await _backed(home)
        home.vendor.script = [answered(409), answered(409), taken]
        card = Contacts((ContactCard("Ada", phones=(Phone("1"),)),))
        await home.reaches(await home.send(content=card), Stage.FAILED)
        await home.reaches(await home.send("longer than ten", OTHER), Stage.FAILED)
        await home.reaches(await home.send("short", CUSTOMER), Stage.SENT)
        assert _carriers(home) == ["toy", "toy", "toy"]


async def test_what_no_backup_can_carry_waits_for_its_own_route(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier(PLAIN)}) as home:
        await _backed(home)
        await home.engine.store.change_route(home.sender.route.id, held="repairs")
        await home.engine.dispatch.reload(home.sender.id)
        waits, goes = await home.send("longer than ten"), await home.send("short", OTHER)
        await home.reaches(goes, Stage.SENT)
        assert (await home.message(waits.message.id)).stage is Stage.ACCEPTED
        await home.engine.store.change_route(home.sender.route.id, held="")
        await home.engine.dispatch.reload(home.sender.id)
        await home.reaches(waits, Stage.SENT)
        assert _carriers(home) == ["spare", "toy"]


async def test_a_backup_of_another_number_needs_that_numbers_window(tmp_path: Path) -> None:
    async with house(tmp_path, others={"spare": ToyCarrier()}) as home:
        await home.engine.setup.set_route(home.sender, "spare", {}, backup=True, number="972770000999")
        home.vendor.script = [answered(409)]
        await home.reaches(await home.send(), Stage.FAILED)
        assert _carriers(home) == ["toy"]
