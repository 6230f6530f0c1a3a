"""What vendors priced, counted once for each message."""

from parlance.contract.views import Priced
from parlance.model.ids import minted_at
from parlance.model.message import Stage
from store.desk import DAY, NOW, Desk

UTILITY = {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"}


async def test_each_message_counts_once_by_what_the_vendor_said(desk: Desk) -> None:
    first, second, third = await desk.accept(), await desk.accept(), await desk.accept()
    for name, message in (("a", first), ("b", second), ("c", third)):
        await desk.send(message, name, Stage.SENDING)
    await desk.status("a", Stage.SENT, pricing=UTILITY)
    await desk.status("a", Stage.DELIVERED, pricing=UTILITY)
    await desk.status("b", Stage.DELIVERED, pricing=UTILITY)
    await desk.status("c", Stage.DELIVERED, pricing={"category": "service", "pricing_model": "PMP"})
    await desk.status("c", Stage.READ)
    number, carrier = desk.sender.number, desk.sender.route.carrier
    counted = await desk.store.priced(0, NOW + DAY)
    assert sorted(counted, key=lambda each: each.category) == [
        Priced(desk.account.name, number, carrier, "service", "PMP", "", None, 1),
        Priced(desk.account.name, number, carrier, "utility", "PMP", "regular", True, 2),
    ]


async def test_only_the_time_asked_for_counts(desk: Desk) -> None:
    message = await desk.accept()
    await desk.send(message, "a", Stage.SENDING)
    await desk.status("a", Stage.SENT, pricing=UTILITY)
    ((event,),) = [[each for each in await desk.store.events(0, 100) if each.pricing]]
    at = minted_at(event.id)
    assert len(await desk.store.priced(at, at + 1)) == 1
    assert await desk.store.priced(at + 1, at + DAY) == []
    assert await desk.store.priced(at - DAY, at) == []
