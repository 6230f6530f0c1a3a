"""Commands come in: checked, stored, answered; or refused without a trace."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.house import CUSTOMER, DAY, NUMBER, OTHER, House, house
from parlance.contract.provider import Capabilities, Policy
from parlance.contract.views import MessageFilter
from parlance.engine.options import EngineOptions
from parlance.model.address import Address, AddressKind, phone
from parlance.model.command import (
    ChangeSettings,
    Credential,
    ListTemplates,
    MarkRead,
    Profile,
    QuoteRef,
    React,
    ReadProfile,
    ReadSettings,
    SendMessage,
    Settings,
    Templates,
)
from parlance.model.contact import ContactCard, Email, Phone
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Component, Contacts, Location, Parameter, Reaction, Receipt, Stage, Template, Text
from parlance.model.sender import TemplateRecord
from toys import ToyCarrier, ToyDialect

KNOWING = Capabilities(
    text_limit=4096, cards=1, templates=True, quotes=True, reactions=True, read=True, knows_windows=True
)


async def _refused(home: House, **sending: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await home.send(**sending)  # type: ignore[arg-type]
    found = await home.engine.store.messages(MessageFilter(direction="out"))
    assert found == [] or caught.value.fault is Fault.DUPLICATE
    return caught.value


async def test_the_window_at_its_edge(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), running=False) as home:
        assert (await _refused(home)).fault is Fault.WINDOW_NEVER_OPENED
        await home.customer_writes()
        home.clock.advance(DAY - 1_000)
        accepted = await home.send()
        assert accepted.message.window_until == home.clock.now() + 1_000
        home.clock.advance(1_000)
        with pytest.raises(Refusal) as caught:
            await home.send()
        assert caught.value.fault is Fault.WINDOW_CLOSED
        await home.customer_writes(id="in-2")
        await home.send()


async def test_unknown_is_not_never_opened(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.send()
        await home.customer_writes("hi", OTHER)
        home.clock.advance(DAY - 1)
        await home.send()
        home.clock.advance(1)
        with pytest.raises(Refusal) as caught:
            await home.send()
        assert caught.value.fault is Fault.WINDOW_NEVER_OPENED


async def test_late_faults_are_accepted_and_reported(tmp_path: Path) -> None:
    dialect = ToyDialect(Policy(late=frozenset({Fault.WINDOW_NEVER_OPENED})))
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), dialect=dialect) as home:
        message = await home.reaches(await home.send(), Stage.FAILED)
        assert message.failure is not None
        assert message.failure.fault is Fault.WINDOW_NEVER_OPENED
        assert home.vendor.asked == []


@pytest.mark.parametrize(
    ("template", "fault", "detail"),
    [
        (Template("other", "en"), Fault.UNKNOWN_TEMPLATE, "other in en"),
        (Template("hello", "en"), Fault.TEMPLATE_VARIABLES, "The body has 1 variables, 0 values were given."),
    ],
)
async def test_a_template_that_does_not_fit_may_be_reported_late(
    tmp_path: Path, template: Template, fault: Fault, detail: str
) -> None:
    dialect = ToyDialect(Policy(late=frozenset({fault})))
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), dialect=dialect) as home:
        record = TemplateRecord(0, home.sender.account_id, "hello", "en", "UTILITY", "approved", "Hi {{1}}")
        await home.engine.store.add_template(record)
        message = await home.reaches(await home.send(content=template), Stage.FAILED)
        assert message.failure == Failure(fault, "", detail)
        assert message.content == template
        assert home.vendor.asked == []


async def test_a_template_passes_and_opens_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), running=False) as home:
        record = TemplateRecord(0, home.sender.account_id, "hello", "en_US", "UTILITY", "approved", "Hi {{1}}")
        await home.engine.store.add_template(record)
        template = Template("hello", None, (Component("body", (Parameter("text", "Dana"),)),))
        accepted = await home.send(content=template)
        assert accepted.message.content == replace(template, language="en_US")
        with pytest.raises(Refusal) as caught:
            await home.send()
        assert caught.value.fault is Fault.WINDOW_NEVER_OPENED
        with pytest.raises(Refusal) as caught:
            await home.send(content=Template("other"))
        assert caught.value.fault is Fault.UNKNOWN_TEMPLATE


@pytest.mark.parametrize(("strict", "passes"), [(False, True), (True, False)])
async def test_unknown_templates_on_real_routes(tmp_path: Path, strict: bool, passes: bool) -> None:
    async with house(tmp_path, options=EngineOptions(strict_templates=strict), running=False) as home:
        if passes:
            await home.send(content=Template("other"))
        else:
            assert (await _refused(home, content=Template("other"))).fault is Fault.UNKNOWN_TEMPLATE


async def test_an_unknown_quote(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        assert (await _refused(home, quote="nothing of ours")).fault is Fault.UNKNOWN_QUOTE
        await home.customer_writes(who=OTHER)
        (incoming,) = await home.engine.store.messages(MessageFilter(direction="in"))
        assert (await _refused(home, quote=f"{incoming.id:016x}")).fault is Fault.UNKNOWN_QUOTE
        accepted = await home.send(to=OTHER, quote=f"{incoming.id:016x}")
        assert accepted.message.quote == incoming.id


async def test_a_key_makes_a_repeat_harmless(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first = await home.send("one", key="k")
        again = await home.send("one", key="k")
        assert (again.repeated, again.message.id) == (True, first.message.id)
        assert again.message.at == first.message.at
        assert (await _refused(home, text="two", key="k")).fault is Fault.DUPLICATE
        await home.reaches(first, Stage.SENT)
        await home.asked(1)


async def test_refusals_use_up_no_key(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), running=False) as home:
        assert (await _refused(home, key="k")).fault is Fault.WINDOW_NEVER_OPENED
        await home.customer_writes()
        assert not (await home.send("other text", key="k")).repeated


async def test_what_a_carrier_cannot_say_is_reported_or_refused(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        card = ContactCard("Ada", phones=(Phone("1"),), emails=(Email("a@example.org"),))
        assert (await home.send(content=Contacts((card,)))).dropped == ("emails",)
        with pytest.raises(Refusal) as caught:
            await home.send(content=Location("1", "2"), to=OTHER)
        assert (caught.value.fault, caught.value.carrier) == (Fault.NOT_SAYABLE, "toy")


async def test_the_rate(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=ToyDialect(Policy(rate=2)), running=False) as home:
        await home.send()
        await home.send()
        with pytest.raises(Refusal) as caught:
            await home.send()
        assert (caught.value.fault, caught.value.retry_after) == (Fault.RATE_LIMITED, 1.0)
        home.clock.advance(1_000)
        await home.send()


async def test_an_endpoints_own_rate(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.engine.intake.handle("toy", home.sender, ReadSettings(), rate=0.5)
        with pytest.raises(Refusal) as caught:
            await home.engine.intake.handle("toy", home.sender, ReadSettings(), rate=0.5)
        assert caught.value.fault is Fault.RATE_LIMITED
        home.clock.advance(2_000)
        await home.engine.intake.handle("toy", home.sender, ReadSettings(), rate=0.5)


async def test_credentials(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        secret = ("\x7f" * 16).encode().hex()
        intake = home.engine.intake
        assert (await intake.authenticate("toy", Credential(secret, secret_first=True)))[0].id == home.sender.id
        assert (await intake.authenticate("toy", Credential(secret, NUMBER)))[0].id == home.sender.id
        for credential, fault in (
            (Credential("wrong", secret_first=True), Fault.BAD_CREDENTIAL),
            (Credential("", secret_first=True), Fault.BAD_CREDENTIAL),
            (Credential(secret, "972770000999"), Fault.UNKNOWN_SENDER),
            (Credential("wrong", NUMBER), Fault.BAD_CREDENTIAL),
            (Credential(secret, "972770000999", secret_first=True), Fault.BAD_CREDENTIAL),
            (Credential(secret, "972770000999", secret_first=True, owned=True), Fault.UNKNOWN_SENDER),
            (Credential("wrong", "972770000999", secret_first=True, owned=True), Fault.BAD_CREDENTIAL),
            (Credential(secret, number="972770000999", secret_first=True), Fault.UNKNOWN_SENDER),
        ):
            with pytest.raises(Refusal) as caught:
                await intake.authenticate("toy", credential)
            assert caught.value.fault is fault


async def test_reading_and_reacting(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(KNOWING), running=False) as home:
        intake = home.engine.intake
        with pytest.raises(Refusal) as caught:
            await intake.handle("toy", home.sender, MarkRead(phone(CUSTOMER)))
        assert caught.value.fault is Fault.UNKNOWN_MESSAGE
        await home.customer_writes()
        (incoming,) = await home.engine.store.messages(MessageFilter(direction="in"))
        reference = QuoteRef("x", incoming.id)
        by_peer = await intake.handle("toy", home.sender, MarkRead(phone(CUSTOMER)))
        by_id = await intake.handle("toy", home.sender, MarkRead(message=reference, typing=True))
        reaction = await intake.handle("toy", home.sender, React(phone(CUSTOMER), reference, "👍"))
        assert [each.message.content for each in (by_peer, by_id, reaction)] == [  # type: ignore[union-attr]
            Receipt(incoming.id),
            Receipt(incoming.id, typing=True),
            Reaction(incoming.id, "👍"),
        ]
        for unknown in (QuoteRef("x", None), QuoteRef("x", 5)):
            with pytest.raises(Refusal) as caught:
                await intake.handle("toy", home.sender, React(phone(CUSTOMER), unknown, "👍"))
            assert caught.value.fault is Fault.UNKNOWN_MESSAGE
            with pytest.raises(Refusal):
                await intake.handle("toy", home.sender, MarkRead(message=unknown))


async def test_settings_and_profile(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        intake = home.engine.intake
        changed = await intake.handle("toy", home.sender, ChangeSettings({"url": "http://127.0.0.1:9/", "x": 1}))
        read = await intake.handle("toy", home.sender, ReadSettings())
        assert isinstance(changed, Settings)
        assert isinstance(read, Settings)
        assert read.document == changed.document == {"url": "http://127.0.0.1:9/", "x": 1}
        with pytest.raises(Refusal) as caught:
            await intake.handle("toy", home.sender, ChangeSettings({"url": "gopher://x"}))
        assert caught.value.fault is Fault.BAD_URL
        await home.send()
        await home.send()
        profile = await intake.handle("toy", home.sender, ReadProfile())
        assert isinstance(profile, Profile)
        assert profile.conversations == 1
        listed = await intake.handle("toy", home.sender, ListTemplates())
        assert isinstance(listed, Templates)
        assert listed.templates == ()


async def test_ids_of_every_shape(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        intake = home.engine.intake
        assert intake.read_id("0123456789abcdef") == intake.read_id("toy0123456789abcdef") == 0x0123456789ABCDEF
        assert intake.read_id("neither") is None
        assert intake.show_ids(255, incoming=True) == {"toy": "toy00000000000000ff"}


async def test_time_to_live_is_the_callers_or_the_gateways(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.send(ttl=5_000)
        await home.send()
        rows = await home.engine.store.pending(home.sender.id, 0, 10)
        assert [row.expires_at - home.clock.now() for row in rows] == [5_000, DAY]


async def test_context_is_kept(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        command = SendMessage(phone(CUSTOMER), Text("hi"), refs={"ref": "crm-77"})
        reply = await home.engine.intake.handle("toy", home.sender, command)
        assert (await home.message(reply.message.id)).refs == {"ref": "crm-77"}  # type: ignore[union-attr]


async def test_credit_is_used_up_by_what_is_accepted(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.engine.store.set_credit(home.sender.account_id, 2)
        await home.send(key="k")
        assert (await home.send(key="k")).repeated
        assert (await _credit(home)) == 1
        with pytest.raises(Refusal):
            await home.send(quote="nothing of ours")
        await home.send()
        with pytest.raises(Refusal) as caught:
            await home.send()
        assert caught.value.fault is Fault.LOW_BALANCE
        await home.engine.store.set_credit(home.sender.account_id, None)
        await home.send()


async def _credit(home: House) -> int | None:
    (account,) = await home.engine.store.accounts()
    return account.credit


async def test_nobody_writes_to_themselves_where_the_vendor_forbids_it(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=ToyDialect(Policy(refuses_self=True)), running=False) as home:
        assert (await _refused(home, to=NUMBER)).fault is Fault.RECIPIENT_IS_SENDER
    async with house(tmp_path / "other", running=False) as home:
        await home.send(to=NUMBER)


async def test_our_own_user_id_leads_to_the_persons_number(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.customer_writes()
        known = await home.engine.store.customer(home.sender.account_id, phone(CUSTOMER))
        assert known is not None
        command = SendMessage(Address(AddressKind.USER, known.user_id), Text("hi"))
        reply = await home.engine.intake.handle("toy", home.sender, command)
        assert reply.message.peer == phone(CUSTOMER)  # type: ignore[union-attr]
        stranger = SendMessage(Address(AddressKind.USER, "US.7"), Text("hi"))
        reply = await home.engine.intake.handle("toy", home.sender, stranger)
        assert reply.message.peer == Address(AddressKind.USER, "US.7")  # type: ignore[union-attr]
