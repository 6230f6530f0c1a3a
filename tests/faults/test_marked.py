"""A mark that nobody here knows of: whether the message left is not known, and it is treated as such from then on."""

from pathlib import Path

from engine.house import house
from parlance.model.message import Stage


async def test_a_mark_found_in_the_outbox_is_a_doubt_that_begins_now(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.customer_writes()
        sent = await home.send()
        await home.engine.store.claim(home.sender, [sent.message.id], home.clock.now(), mark=True)
        home.start()
        message = await home.reaches(sent, Stage.UNSURE)
        await home.settled()
        assert (message.failure, home.vendor.asked) == (None, [])
        home.clock.advance(86_400_000 - 1)
        await home.settled()
        assert (await home.message(sent.message.id)).stage is Stage.UNSURE
        home.clock.advance(1)
        await home.reaches(sent, Stage.FAILED)
