"""What vendors are asked, and what they hold ready to be fetched."""

import json
from pathlib import Path

import pytest

from engine.house import CUSTOMER, house
from parlance.contract.provider import Ask, Heard
from parlance.contract.vendor import Fetching, Finding, Inquiry
from parlance.contract.world import NeverLeft
from parlance.model.address import phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Text
from parlance.model.outcome import Incoming
from parlance.model.sender import Route, TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from toys import NOON, ToyCarrier, answered, until


def _record(name: str, body: str = "Hi") -> TemplateRecord:
    return TemplateRecord(0, 0, name, "en_US", "UTILITY", "approved", body)


class TalkativeCarrier(ToyCarrier):
    """A vendor that can be asked for everything."""

    def templates(self, route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
        answer = yield Ask(WireRequest("GET", "https://toy.example/templates"))
        if answer.status == 401:
            raise Refusal(Fault.CARRIER_CREDENTIAL, detail="expired")
        return tuple(_record(*each) for each in json.loads(answer.body))

    def set_callback(self, address: str, route: Route) -> Inquiry[None]:
        yield Ask(WireRequest("POST", "https://toy.example/hook", body=address.encode()))

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        answer = yield Ask(WireRequest("GET", "https://toy.example/state"))
        return (Finding("number", "" if answer.body == b'"fine"' else "blocked", "ask the vendor"),)

    def polls(self, route: Route) -> bool:
        return route.settings.get("region") == "eu"

    def fetch(self, route: Route) -> Fetching:
        answer = yield Ask(WireRequest("GET", "https://toy.example/next"))
        assert answer is not None
        found = json.loads(answer.body)
        if not found:
            return False
        report = Incoming(found["id"], phone(CUSTOMER), Text("hi"), NOON)
        yield Heard((report,), WireResponse(200))
        yield Ask(WireRequest("DELETE", f"https://toy.example/next/{found['id']}"))
        return True


async def test_templates_are_taken_over(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier(), running=False) as home:
        vendors, store = home.engine.vendors, home.engine.store
        home.vendor.script = [answered(200, [["a", "one"], ["b", "two"]])]
        first = await vendors.sync_templates(home.sender)
        assert (first.added, first.changed, first.same, first.missing) == (("a (en_US)", "b (en_US)"), (), 0, ())
        home.vendor.script = [answered(200, [["a", "one"], ["b", "other"], ["c", "three"]])]
        second = await vendors.sync_templates(home.sender)
        assert (second.added, second.changed, second.same) == (("c (en_US)",), ("b (en_US)",), 1)
        home.vendor.script = [answered(200, [["a", "one"]])]
        assert (await vendors.sync_templates(home.sender)).missing == ("b (en_US)", "c (en_US)")
        bodies = {each.name: each.body for each in await store.templates(home.sender.account_id)}
        assert bodies == {"a": "one", "b": "other", "c": "three"}


async def test_a_vendor_that_says_no_or_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier(), running=False) as home:
        home.vendor.script = [answered(401), NeverLeft("refused"), answered(200, {"not": "a list"})]
        faults = []
        for _ in range(3):
            with pytest.raises(Refusal) as caught:
                await home.engine.vendors.sync_templates(home.sender)
            faults.append(caught.value.fault)
        assert faults == [Fault.CARRIER_CREDENTIAL, Fault.UNAVAILABLE, Fault.CARRIER_REFUSED]


async def test_a_carrier_without_a_call_for_it(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        vendors, route = home.engine.vendors, home.sender.route
        assert (vendors.sets_callback(route), vendors.lists_templates(route)) == (False, False)
        assert await vendors.check(route, "https://us.example") == ()
        for asked in (vendors.set_callback(route, "https://us.example"), vendors.sync_templates(home.sender)):
            with pytest.raises(Refusal) as caught:
                await asked
            assert caught.value.fault is Fault.UNSUPPORTED


async def test_the_callback_is_set_and_the_route_looked_at(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier(), running=False) as home:
        vendors, route = home.engine.vendors, home.sender.route
        home.vendor.script = [answered(200)]
        await vendors.set_callback(route, "https://us.example/callbacks")
        assert home.vendor.asked[0].body == b"https://us.example/callbacks"
        home.vendor.script = [answered(200, "fine"), answered(200, "hm"), NeverLeft("no such name")]
        found = [(await vendors.check(route, ""))[0] for _ in range(3)]
        assert [(each.what, each.fault) for each in found] == [
            ("number", ""),
            ("number", "blocked"),
            ("vendor", "The vendor could not be reached: no such name."),
        ]


def _mailbox(waiting: list[str], deleted: list[str]) -> object:
    def perform(request: WireRequest) -> object:
        if request.method == "DELETE":
            deleted.append(request.url.rpartition("/")[2])
            waiting.remove(deleted[-1])
            return answered(200)
        return answered(200, {"id": waiting[0]} if waiting else None)

    return perform


async def test_what_a_vendor_holds_ready_is_stored_before_it_is_deleted(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier()) as home:
        waiting, deleted = ["n1", "n2"], list[str]()
        home.vendor.otherwise = _mailbox(waiting, deleted)  # type: ignore[assignment]
        await home.engine.setup.set_route(home.sender, "toy", {"region": "eu"})
        home.fetch()
        await until(lambda: deleted == ["n1", "n2"])
        for name in deleted:
            assert await home.engine.store.message_by_external(home.sender.route.id, name) is not None


async def test_what_cannot_be_stored_is_fetched_again(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier()) as home:
        waiting, deleted = ["n1"], list[str]()
        home.vendor.otherwise = _mailbox(waiting, deleted)  # type: ignore[assignment]
        await home.engine.setup.set_route(home.sender, "toy", {"region": "eu"})
        hear, fetcher = home.engine.store.hear, home.engine.fetcher
        failing = [True]

        async def broken(*args: object) -> object:
            if failing:
                failing.clear()
                raise Refusal(Fault.UNAVAILABLE)
            return await hear(*args)  # type: ignore[arg-type]

        home.engine.store.hear = broken  # type: ignore[method-assign,assignment]
        home.fetch()
        await until(lambda: not failing)
        assert deleted == []

        async def repaired() -> bool:
            home.clock.advance(1_000)
            return deleted == ["n1"]

        await until(repaired)
        assert fetcher is home.engine.fetcher


async def test_only_routes_that_ask_for_it_are_fetched_for(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=TalkativeCarrier()) as home:
        home.fetch()
        await home.settled()
        assert home.vendor.asked == []
