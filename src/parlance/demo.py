"""What `parlance dev` sets up: an account with a sender, a customer whose window is open, a template."""

from collections.abc import Mapping
from typing import Any

from parlance.app import Gateway
from parlance.engine.arrangements import OURS
from parlance.model.ids import to_text
from parlance.model.message import Text
from parlance.model.sender import Sender, TemplateRecord
from parlance.model.value import dataclass

ACCOUNT = "demo"
SENDER = "972770000111"
CUSTOMER = "972550000222"
TEMPLATE = "hello_world"
LANGUAGE = "en_US"

_BODY = "Hello from Parlance! A template like this one arrives even when the window is closed."
_WINDOWS = 1_000


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo sender with its credentials by dialect.

    `changed` names the dialects whose keys were changed after the first start: only whoever changed them has the new
    ones, so `credentials` leaves them out.
    """

    sender: Sender
    credentials: Mapping[str, Mapping[str, Any]]
    webhook_secret: str
    changed: tuple[str, ...] = ()


async def set_up(gateway: Gateway) -> Demo:
    """Set up what is not there yet, and give the same credentials as on the first start."""
    demo = await _known(gateway) or await _new(gateway)
    await _add_template(gateway, demo.sender)
    await _open_window(gateway, demo.sender)
    return demo


async def _known(gateway: Gateway) -> Demo | None:
    """The demo of an earlier start; None when it was never set up, its sender is gone or its keys were not kept."""
    sender = await _find_sender(gateway)
    kept = gateway.folder.demo()
    if sender is None or kept.get("id") != to_text(sender.id):
        return None
    current = await _key_ids(gateway, sender)
    same = {dialect for dialect, key in kept["keys"].items() if key in current.get(dialect, ())}
    return Demo(
        sender,
        {dialect: shown for dialect, shown in kept["credentials"].items() if dialect in same},
        kept["webhook_secret"],
        tuple(sorted(set(kept["credentials"]) - same)),
    )


async def _new(gateway: Gateway) -> Demo:
    """Make the demo sender, or new keys for one whose keys nobody kept."""
    setup = gateway.engine.setup
    sender = await _find_sender(gateway)
    if sender is None:
        made = await setup.add_sender(SENDER, name="Parlance demo", account=ACCOUNT)
        demo = Demo(made.sender, made.credentials, made.webhook_secret)
    else:
        ours = await gateway.engine.store.document(sender.id, OURS)
        demo = Demo(sender, await setup.rotate(sender, None, 0), str(ours.get("webhook_secret", "")))
    newest = {dialect: max(keys) for dialect, keys in (await _key_ids(gateway, demo.sender)).items()}
    gateway.folder.keep_demo(
        {
            "id": to_text(demo.sender.id),
            "credentials": {dialect: dict(shown) for dialect, shown in demo.credentials.items()},
            "webhook_secret": demo.webhook_secret,
            "keys": newest,
        }
    )
    return demo


async def _find_sender(gateway: Gateway) -> Sender | None:
    found = await gateway.engine.store.senders_of(SENDER)
    return next((each for each in found if each.account == ACCOUNT), None)


async def _key_ids(gateway: Gateway, sender: Sender) -> Mapping[str, set[str]]:
    """The ids of the sender's keys that work, by dialect."""
    ids: dict[str, set[str]] = {}
    for key in await gateway.engine.store.keys(sender.id):
        if key.ends_at is None:
            ids.setdefault(key.dialect, set()).add(to_text(key.id))
    return ids


async def _add_template(gateway: Gateway, sender: Sender) -> None:
    store = gateway.engine.store
    if not await store.templates(sender.account_id, TEMPLATE):
        engine = gateway.engine
        await store.add_template(
            TemplateRecord(
                id=engine.ids.mint(),
                account_id=sender.account_id,
                name=TEMPLATE,
                language=LANGUAGE,
                category="UTILITY",
                status="approved",
                body=_BODY,
                created_at=engine.clock.now(),
            )
        )


async def _open_window(gateway: Gateway, sender: Sender) -> None:
    """Let the customer write when the window is closed, unless someone closed it by moving the clock."""
    windows = await gateway.engine.store.windows(sender, "", _WINDOWS)
    until = next((window.until for window in windows if window.customer == CUSTOMER), None)
    passed = until is not None and until <= gateway.engine.clock.now() and not sender.clock_offset
    if until is None or passed:
        await gateway.network.write(CUSTOMER, sender, sender.route, Text("Hi"), None, "Dana")
