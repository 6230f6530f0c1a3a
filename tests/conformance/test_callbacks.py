"""Who may call back, and what is left of those who may not."""

import json
from dataclasses import dataclass, replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from conformance.acts import Keeper, Trouble
from conformance.line import Line
from conformance.manners import PAIRS
from conformance.pairs import OURS, again
from conformance.scenarios import How, expected
from conformance.town import Onward, fresh_number, until
from parlance.contract.world import Answered, Exchanged
from parlance.model.message import Text
from parlance.model.wire import WireRequest, WireResponse

STANDARD = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"})
"""Every webhook of ours has these as well; no vendor's own has."""

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def genuine(pair: Line, number: str) -> WireRequest:
    """A callback that tells of what a customer wrote, caught on its way."""
    keeper = Keeper()
    with pair.callbacks(keeper):
        await pair.write(number, Text("hello"))
        await pair.quiet()
    return keeper.kept[0]


async def at_the_door(pair: Line, request: WireRequest) -> WireResponse:
    """Put a callback to the very address, as a stranger can."""
    answer = await pair.wires.perform(replace(request, url=f"http://{OURS}{path_of(request)}"), 1_000)
    assert isinstance(answer, Answered)
    return answer.response


def path_of(request: WireRequest) -> str:
    return request.url[request.url.index("/callbacks/") :]


async def test_41_a_forged_callback_is_refused_and_leaves_no_trace(own: Line) -> None:
    dana = fresh_number()
    true = await genuine(own, dana)
    unsigned = {name: value for name, value in true.headers.items() if name == "content-type"}
    signs = {name: f"{value[:-4]}beef" for name, value in true.headers.items() if name not in {*unsigned, *STANDARD}}
    if expected(41, own.dialect, own.carrier).how is How.REFUSED:
        forgeries = [unsigned, *({**true.headers, name: wrong} for name, wrong in signs.items())]
        assert len(forgeries) > 1
        forged = [replace(true, headers=headers) for headers in forgeries]
        for forgery in forged:
            assert (await at_the_door(own, forgery)).status == 401
        assert await own.stored() == []
        assert (await again(own.ours, own.sender)).route.heard_since is None
    # What is not forged is taken, and where a vendor signs nothing the address is all the secret there is.
    assert 200 <= (await at_the_door(own, true)).status < 300
    await own.incoming(dana)


async def test_42_an_address_that_nobody_gave_out_is_not_there(pair: Line) -> None:
    dana = fresh_number()
    true = await genuine(pair, dana)
    before = len(await pair.stored())
    token = pair.route.callback_token
    for wrong in (token[::-1], token[:-1], f"{token}0", "x"):
        assert (await at_the_door(pair, replace(true, url=true.url.replace(token, wrong)))).status == 404
    elsewhere = next(each for each in pair.ours.engine.carriers if each != pair.carrier.name)
    moved = true.url.replace(f"/callbacks/{pair.carrier.name}/", f"/callbacks/{elsewhere}/")
    assert (await at_the_door(pair, replace(true, url=moved))).status == 404
    assert len(await pair.stored()) == before


async def test_43_no_secret_and_no_text_stands_in_a_log_line(own: Line) -> None:
    text, echoes = "the customer's private matter", Echoes()
    settings = {
        each.name: own.route.settings.get(each.name, "") for each in own.carrier.carrier.settings if each.secret
    }
    shown = ""
    with capture_logs() as logs:
        for echoes.status in (400, 500, 401):
            dana = fresh_number()
            await own.opened(dana)
            with own.vendor(Trouble(echoes)):
                name = await own.sent(Text(text), dana)
                await until(partial(own.outcomes, name), f"HTTP {echoes.status}")
            history = await own.ours.store.history(own.id_of(name))
            shown += json.dumps([each.detail for each in history], default=str)
    secrets = [secret for secret in settings.values() if secret and secret in echoes.heard]
    assert secrets or own.far is own.ours
    assert not [secret for secret in secrets if secret in shown]
    assert not [secret for secret in [*settings.values(), text] if secret and secret in json.dumps(logs, default=str)]


@dataclass
class Echoes:
    """A vendor that says no, and repeats what it was given."""

    status: int = 0
    heard: str = ""

    async def __call__(self, request: WireRequest, onward: Onward) -> Exchanged:
        said = f"{request.url} {dict(request.headers)} {request.body.decode()}"
        self.heard += said
        error = {"code": 999, "message": said, "error_data": {"details": said}}
        told = {"error": error, "message": said, "status": "error", "errors": {"to": said}, "reason": said}
        return Answered(WireResponse(self.status, json.dumps(told).encode()))
