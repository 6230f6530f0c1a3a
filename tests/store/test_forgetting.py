"""Forgetting a customer."""

from parlance.contract.moments import DeliveryFilter
from parlance.contract.phones import PhoneMessage
from parlance.contract.views import MessageFilter
from parlance.model.address import Address, AddressKind, phone
from parlance.model.message import Direction, Stage, Text
from store.desk import DANA, NOW, Desk

OTHER = phone("5511987654321")
SAME = phone("551187654321")
HIDDEN = Address(AddressKind.USER, "BR.777")


async def _meet(desk: Desk) -> None:
    """A customer of several names, and another one."""
    subscription = await desk.subscribe()
    await desk.accept(Text("to other"), OTHER, key="k", fingerprint=b"f")
    await desk.send(await desk.accept(Text("to same"), SAME), "w-1")
    await desk.write("in-1", Text("hidden says"), peer=HIDDEN, name="Secretive")
    # It turns out that the hidden one is this very person.
    await desk.write("in-2", Text("both"), peer=OTHER, aliases=(HIDDEN,))
    await desk.status("w-1", Stage.READ)
    await desk.send(await desk.accept(Text("to dana")), "w-2")
    bubble = PhoneMessage(1, SAME.value, desk.sender.id, "972770000111", Direction.OUT, Text("b"), NOW, Stage.SENT)
    await desk.store.take(bubble, [])
    assert await desk.store.due_count(subscription.id) > 5


async def test_nothing_is_left_of_a_customer(desk: Desk) -> None:
    await _meet(desk)
    assert await desk.store.forget_customer(desk.account.id, SAME) == 4
    for address in (OTHER, SAME, HIDDEN):
        assert await desk.store.customer(desk.account.id, address) is None
    (left,) = await desk.store.messages(MessageFilter())
    assert left.content == Text("to dana")
    assert await desk.store.busy_senders() == []
    assert {each.event.message_id for each in await desk.store.deliveries(DeliveryFilter(limit=1000))} == {left.id}
    assert await desk.store.windows(desk.sender, "", 10) == []
    assert await desk.store.screen(SAME.value, None, 0, 10) == []
    written = b"".join([piece async for piece in desk.store.export()])
    assert b"to dana" in written
    for trace in (b"11987654321", b"1187654321", b"BR.777", b"Secretive", b"hidden says"):
        assert trace not in written


async def test_a_stranger_is_nobody(desk: Desk) -> None:
    await desk.accept()
    assert await desk.store.forget_customer(desk.account.id, OTHER) is None
    assert await desk.store.forget_customer(4711, DANA) is None
    assert len(await desk.store.messages(MessageFilter())) == 1


async def test_who_was_forgotten_is_met_anew(desk: Desk) -> None:
    before = await desk.write("in-1")
    assert await desk.store.forget_customer(desk.account.id, DANA) == 1
    after = await desk.write("in-2")
    assert after.customer_id != before.customer_id
    # A message under way when they were forgotten has nothing left to settle.
    message = await desk.accept()
    await desk.claim(message)
    assert await desk.store.forget_customer(desk.account.id, DANA) == 2
    written = await desk.store.settle(desk.settlement(message, external_id="w", stage=Stage.SENT))
    assert written.released == ((desk.sender.id, message.id),)
    assert await desk.store.messages(MessageFilter()) == []
