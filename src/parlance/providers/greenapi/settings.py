"""getSettings, setSettings and what the settings mean (spec/greenapi.md §4.5, §6.1, §8.3, U-7, U-8, U-28).

A settings document holds the vendor's settings under their names, and two values of ours: `idInstance`, which
notifications repeat, and `stateInstance`, the state that logout and reboot change and that an operator sets back to
`authorized` in place of scanning the code.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from parlance.contract.provider import Policy, RetryPlan
from parlance.model.command import ChangeSettings, ReadSettings, Reply, Settings
from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.sender import Sender, Statuses, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import wire, words
from parlance.providers.greenapi.chats import wid
from parlance.providers.greenapi.wire import Flag, Integer, one_of
from parlance.rules import targets

AUTHORIZED = "authorized"
YELLOW_CARD = "yellowCard"
REBOOT = "reboot"

DEFAULTS: Mapping[str, Any] = {
    "countryInstance": "",
    "typeAccount": "",
    "webhookUrl": "",
    "webhookUrlToken": "",
    "delaySendMessagesMilliseconds": 500,
    "markIncomingMessagesReaded": "no",
    "markIncomingMessagesReadedOnReply": "no",
    "sharedSession": "no",
    "proxyInstance": "",
    "outgoingWebhook": "no",
    "outgoingMessageWebhook": "no",
    "outgoingAPIMessageWebhook": "no",
    "incomingWebhook": "no",
    "deviceWebhook": "no",
    "statusInstanceWebhook": "no",
    "stateWebhook": "no",
    "enableMessagesHistory": "no",
    "keepOnlineStatus": "no",
    "pollMessageWebhook": "no",
    "incomingBlockWebhook": "no",
    "incomingCallWebhook": "no",
    "editedMessageWebhook": "no",
    "deletedMessageWebhook": "no",
    "autoTyping": 0,
    "linkPreview": True,
    "enableLidMode": False,
}
"""What getSettings shows behind `wid`, in the order observed; everything is off on a new instance."""

READ_ONLY = frozenset(
    {
        "wid",
        "countryInstance",
        "typeAccount",
        "sharedSession",
        "proxyInstance",
        "statusInstanceWebhook",
        "enableMessagesHistory",
    }
)
"""Taken by setSettings and ignored (U-8)."""

LATE = frozenset({Fault.UNKNOWN_QUOTE, Fault.WINDOW_CLOSED, Fault.WINDOW_NEVER_OPENED})
"""Faults that a send is accepted with and fails of later (§4.1)."""

ATTEMPT_LIMIT = 180_000
REPEATS = (60_000,) * 1_440
"""Milliseconds before each repeat: once a minute for 24 hours (§8.3)."""
SUCCESS = frozenset(range(200, 300))


def _url(value: str) -> str:
    # Whether private addresses are allowed is the operator's to say, and the engine asks again.
    if value and targets.fault_of(value, allow_private=True):
        raise PydanticCustomError("uri", "uri")
    return value


YesNo = Annotated[str, one_of("yes", "no")]
Delay = Annotated[Integer, Field(ge=500, le=600_000)]
_TypingMode = Annotated[Integer, Field(ge=0, le=4)]


class SettingsForm(wire.Form):
    """What setSettings changes; only what is given counts."""

    webhook_url: Annotated[str, AfterValidator(_url)] = ""
    webhook_url_token: str = ""
    delay_send_messages_milliseconds: Delay = 500
    mark_incoming_messages_readed: YesNo = "no"
    mark_incoming_messages_readed_on_reply: YesNo = "no"
    outgoing_webhook: YesNo = "no"
    outgoing_message_webhook: YesNo = "no"
    outgoing_api_message_webhook: YesNo = Field(default="no", alias="outgoingAPIMessageWebhook")
    incoming_webhook: YesNo = "no"
    device_webhook: YesNo = "no"
    state_webhook: YesNo = "no"
    keep_online_status: YesNo = "no"
    poll_message_webhook: YesNo = "no"
    incoming_block_webhook: YesNo = "no"
    incoming_call_webhook: YesNo = "no"
    edited_message_webhook: YesNo = "no"
    deleted_message_webhook: YesNo = "no"
    auto_typing: _TypingMode = 0
    link_preview: Flag = True
    enable_lid_mode: Flag = False


class _OurForm(SettingsForm):
    """What else may change, by our own calls and the operator's."""

    state_instance: Annotated[str, one_of("authorized", "notAuthorized", "blocked", "starting", "yellowCard")] = ""
    reboot: Flag = False


def change(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document after `changes`; `reboot` ends a yellow card and nothing else. Raises `Malformed`."""
    given = {name: value for name, value in changes.items() if name not in READ_ONLY}
    checked = wire.fill(_OurForm, given).model_dump(by_alias=True, exclude_unset=True)
    rebooted = checked.pop(REBOOT, False)
    changed = {**DEFAULTS, "stateInstance": AUTHORIZED, **document, **checked}
    if rebooted and changed["stateInstance"] == YELLOW_CARD:
        changed["stateInstance"] = AUTHORIZED
    return changed


def policy(document: Mapping[str, Any]) -> Policy:
    """Say what a document means; failures are told whatever the settings say (§6.1)."""
    full = {**DEFAULTS, "stateInstance": AUTHORIZED, **document}
    events = {EventKind.FAILED}
    for name, kinds in words.EVENTS.items():
        if full[name] == "yes":
            events |= kinds
    state = full["stateInstance"]
    return Policy(
        url=full["webhookUrl"],
        events=frozenset(events),
        statuses=Statuses.ALL,
        secret=full["webhookUrlToken"],
        webhook_settings={"idInstance": full["idInstance"]} if "idInstance" in full else {},
        gap=full["delaySendMessagesMilliseconds"],
        state=state,
        held="" if state == AUTHORIZED else state,
        late=LATE,
    )


def plan(to: Subscription) -> RetryPlan:  # noqa: ARG001 - all of them are repeated alike
    """Repeat the same notification every minute for a day; any 2xx is taken for received (U-27)."""
    return RetryPlan(REPEATS, ATTEMPT_LIMIT, SUCCESS, in_order=True)


def state_of(document: Mapping[str, Any], sender: Sender) -> str:
    """The instance's state: what its own calls made of it, else whether the carrier lets its queue move."""
    own = str(document.get("stateInstance", AUTHORIZED))
    held = sender.held or sender.route.held
    if own != AUTHORIZED or not held:
        return own
    return words.STATES.get(held, "notAuthorized")


def read_settings(request: WireRequest) -> ReadSettings:  # noqa: ARG001 - it asks for nothing but itself
    """Read any method that asks for the settings or the state."""
    return ReadSettings()


def read_set_settings(request: WireRequest) -> ChangeSettings:
    """Read setSettings (U-8)."""
    raw = wire.parse(request.body)
    given = {name: value for name, value in raw.items() if name not in READ_ONLY}
    return ChangeSettings(wire.fill(SettingsForm, given).model_dump(by_alias=True, exclude_unset=True))


def settled(reply: Reply) -> Settings:
    """See that a reply is settings."""
    if not isinstance(reply, Settings):
        raise TypeError(f"not settings: {type(reply).__name__}")
    return reply


def write_settings(reply: Reply) -> WireResponse:
    """Write the settings; the account's id is not known before it is authorized."""
    found = settled(reply)
    own = wid(found.sender.number) if state_of(found.document, found.sender) == AUTHORIZED else ""
    return wire.answer({"wid": own} | {name: found.document.get(name, value) for name, value in DEFAULTS.items()})


def write_saved(reply: Reply) -> WireResponse:
    """Answer setSettings."""
    settled(reply)
    return wire.answer({"saveSettings": True})
