"""What `dev` sets up, and what it finds again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlance import demo
from parlance.app import Gateway, PartEnded, opened, until_stopped
from parlance.rules.window import LENGTH
from parlance.settings import DevSettings, load


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with opened(load(DevSettings, data=tmp_path / "data"), "http://127.0.0.1:8900") as gateway:
        yield gateway


async def test_sender_template_and_open_window(gateway: Gateway) -> None:
    made = await demo.set_up(gateway)
    store = gateway.engine.store
    assert (made.sender.number, made.sender.account, made.changed) == ("972770000111", "demo", ())
    assert set(made.credentials) == set(gateway.engine.dialects)
    (template,) = await store.templates(made.sender.account_id)
    assert (template.name, template.language, template.status) == ("hello_world", "en_US", "approved")
    (window,) = await store.windows(made.sender, "", 10)
    assert window.customer == "972550000222"
    (hello,) = await gateway.network.screen("972550000222", made.sender.id, 0, 10)
    assert window.until == hello.at + LENGTH


async def test_second_time_changes_nothing(gateway: Gateway) -> None:
    first = await demo.set_up(gateway)
    second = await demo.set_up(gateway)
    assert second.credentials == first.credentials
    assert second.webhook_secret == first.webhook_secret
    assert len(await gateway.network.screen("972550000222", None, 0, 10)) == 1


async def test_changed_keys_are_not_shown_as_working(gateway: Gateway) -> None:
    first = await demo.set_up(gateway)
    dialect = min(first.credentials)
    await gateway.engine.setup.rotate(first.sender, [dialect], 0)
    again = await demo.set_up(gateway)
    assert again.changed == (dialect,)
    assert set(again.credentials) == set(first.credentials) - {dialect}


async def test_lost_keys_are_made_anew(gateway: Gateway) -> None:
    first = await demo.set_up(gateway)
    (gateway.folder.path / "demo.json").unlink()
    again = await demo.set_up(gateway)
    assert again.sender.id == first.sender.id
    assert again.webhook_secret == first.webhook_secret
    assert again.changed == ()
    for dialect, shown in again.credentials.items():
        assert shown != first.credentials[dialect]
    assert (await demo.set_up(gateway)).credentials == again.credentials


async def test_removed_sender_comes_back(gateway: Gateway) -> None:
    first = await demo.set_up(gateway)
    await gateway.engine.store.remove_sender(first.sender.id)
    again = await demo.set_up(gateway)
    assert again.sender.id != first.sender.id
    assert again.changed == ()


async def test_window_closed_by_the_clock_stays_closed(gateway: Gateway) -> None:
    first = await demo.set_up(gateway)
    await gateway.engine.settle.move_clock(first.sender.id, LENGTH)
    await demo.set_up(gateway)
    assert len(await gateway.network.screen("972550000222", None, 0, 10)) == 1


async def test_part_that_ends_by_itself_ends_the_gateway(gateway: Gateway) -> None:
    async def fall_over() -> None:
        raise ValueError("words of a customer")

    part = asyncio.create_task(fall_over(), name="dispatch")
    broken = Gateway(
        folder=gateway.folder,
        engine=gateway.engine,
        network=gateway.network,
        site=gateway.site,
        admin_token=gateway.admin_token,
        titles=gateway.titles,
        stopping=gateway.stopping,
        tasks=(part,),
    )
    with pytest.raises(PartEnded, match=r"^A part of the gateway has ended by itself: dispatch\.$"):
        await until_stopped(broken, asyncio.Event())
    assert gateway.stopping.is_set()
