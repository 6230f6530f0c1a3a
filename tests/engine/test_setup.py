"""Senders, credentials, routes and subscriptions are set up, or refused by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.house import NUMBER, House, house
from parlance.contract.provider import Issued, Policy
from parlance.contract.registry import NewSubscription
from parlance.contract.views import MessageFilter
from parlance.engine.announce import is_webhook_secret
from parlance.engine.setup import TOLD_BY_DEFAULT, read_number
from parlance.model.command import Credential
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Account, Sender
from toys import ToyDialect

SECRET = "whsec_" + "A" * 32


async def _fault(home: House, number: str = "972770000999", **more: Any) -> tuple[Fault, str]:
    with pytest.raises(Refusal) as caught:
        await home.engine.setup.add_sender(number, **{"carrier": "toy", **more})
    return caught.value.fault, caught.value.field


async def test_a_sender_gets_credentials_and_a_webhook_secret(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        made = await home.engine.setup.add_sender("+972 (77) 000-0999", name="Shop", account="demo", carrier="toy",
                                                  settings={"key": "k", "region": "eu"}, strict=True)  # fmt: skip
        assert (made.sender.number, made.sender.name, made.sender.account) == ("972770000999", "Shop", "demo")
        assert made.sender.route.settings == {"key": "k", "region": "eu"}
        assert made.sender.route.strict
        assert is_webhook_secret(made.webhook_secret)
        assert list(made.credentials) == ["toy"]


async def test_keys_in_use_are_taken_over(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        given = {"toy": {"key": "the old key"}}
        made = await home.engine.setup.add_sender("972770000999", carrier="toy", given=given)
        assert made.credentials == {"toy": {"key": "the old key"}}
        found, _ = await home.engine.intake.authenticate("toy", Credential("the old key", secret_first=True))
        assert found.id == made.sender.id
        assert await _fault(home, "972770000998", given=given) == (Fault.DUPLICATE, "toy")


async def test_what_a_sender_cannot_be(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        assert await _fault(home, "12345") == (Fault.BAD_RECIPIENT, "number")
        assert await _fault(home, "0972770000999") == (Fault.BAD_RECIPIENT, "number")
        assert await _fault(home, "٩٧٢٧٧٠٠٠٠٩٩٩") == (Fault.BAD_RECIPIENT, "number")
        assert await _fault(home, NUMBER) == (Fault.DUPLICATE, "number")
        assert await _fault(home, account="") == (Fault.BAD_VALUE, "account")
        assert await _fault(home, carrier="nobody") == (Fault.BAD_VALUE, "carrier")
        assert await _fault(home, settings={"nonsense": "x"}) == (Fault.BAD_VALUE, "nonsense")
        assert await _fault(home, settings={"region": "mars"}) == (Fault.BAD_VALUE, "region")
        assert await _fault(home, given={"nobody": {}}) == (Fault.BAD_VALUE, "nobody")
        assert read_number("+1 (555) 010-0001") == "15550100001"


async def test_rotation_ends_the_old_key_after_its_grace(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        setup, intake = home.engine.setup, home.engine.intake
        made = await setup.add_sender("972770000999", carrier="toy", given={"toy": {"key": "old"}})
        rotated = await setup.rotate(made.sender, None, 60_000, {"toy": {"key": "new"}})
        assert rotated == {"toy": {"key": "new"}}
        for secret in ("old", "new"):
            assert (await intake.authenticate("toy", Credential(secret, secret_first=True)))[0].id == made.sender.id
        home.clock.advance(60_001)
        with pytest.raises(Refusal) as caught:
            await intake.authenticate("toy", Credential("old", secret_first=True))
        assert caught.value.fault is Fault.BAD_CREDENTIAL
        with pytest.raises(Refusal) as caught:
            await setup.rotate(made.sender, ["nobody"], 0)
        assert (caught.value.fault, caught.value.field) == (Fault.BAD_VALUE, "nobody")


async def test_routes_change_and_keep_their_callback_address(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        setup = home.engine.setup
        token = home.sender.route.callback_token
        route = await setup.set_route(home.sender, "toy", {"region": "us"}, strict=True, number="+972770000222")
        assert (route.number, route.settings["region"], route.strict) == ("972770000222", "us", True)
        assert route.callback_token == token
        assert len(token) >= 32
        with pytest.raises(Refusal) as caught:
            await setup.set_route(home.sender, "toy", {}, number="x")
        assert caught.value.fault is Fault.BAD_RECIPIENT


async def test_subscriptions_are_checked_and_completed(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:

        async def refused(**more: Any) -> tuple[Fault, str]:
            values: dict[str, Any] = {"sender_id": home.sender.id, "dialect": "toy", "url": "http://127.0.0.1:9/",
                      "events": frozenset()} | more  # fmt: skip
            with pytest.raises(Refusal) as caught:
                await home.engine.setup.subscribe(NewSubscription(**values))
            return caught.value.fault, caught.value.field

        assert await refused(dialect="nobody") == (Fault.BAD_VALUE, "dialect")
        assert await refused(sender_id=5) == (Fault.UNKNOWN_SENDER, "sender")
        assert await refused(url="ftp://x/") == (Fault.BAD_URL, "url")
        assert await refused(events=frozenset({"nothing"})) == (Fault.BAD_VALUE, "events")
        assert await refused(webhook_secret="whsec_short") == (Fault.BAD_VALUE, "webhook_secret")
        new = NewSubscription(home.sender.id, "toy", "http://127.0.0.1:9/", frozenset({EventKind.SENT}),
                              webhook_secret=SECRET)  # fmt: skip
        assert (await home.engine.setup.subscribe(new)).webhook_secret == SECRET
        plain = NewSubscription(home.sender.id, "toy", "http://127.0.0.1:9/", frozenset())
        made = await home.engine.setup.subscribe(plain)
        assert made.events == TOLD_BY_DEFAULT
        assert made.webhook_secret.startswith("whsec_")


def test_webhook_secrets() -> None:
    assert is_webhook_secret(SECRET)
    for text in ("", "A" * 32, "whsec_", "whsec_!!!!", "whsec_" + "A" * 28, "whsec_" + "A" * 92):
        assert not is_webhook_secret(text)


async def test_a_removed_sender_stops_and_its_messages_stay(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.engine.store.change_route(home.sender.route.id, held="repairs")
        await home.send()
        await home.engine.store.remove_sender(home.sender.id)
        await home.engine.dispatch.reload(home.sender.id)
        await home.settled()
        assert home.vendor.asked == []
        assert len(await home.engine.store.messages(MessageFilter(direction="out"))) == 1


async def test_what_a_dialect_signs_with_follows_rotation(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=_Signing(), running=False) as home:
        (before,) = await home.engine.store.subscriptions(home.sender.id)
        made = await home.engine.setup.subscribe(
            NewSubscription(home.sender.id, "toy", "http://127.0.0.1:9/", frozenset())
        )
        assert before.secret == made.secret != ""
        await home.engine.setup.rotate(home.sender, ["toy"], 0)
        own = next(each for each in await home.engine.store.subscriptions(home.sender.id) if each.own)
        assert own.secret not in {"", before.secret}
        assert own.id == before.id


class _Signing(ToyDialect):
    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:
        secret = entropy[:16].hex()
        return Issued(sender.number, secret, {"key": secret}, {"signs": entropy[16:32].hex()})

    def policy(self, document: Mapping[str, Any]) -> Policy:
        return Policy(url="", secret=document.get("signs", ""))
