"""Turns the canonical parts of a vector into values of the model, and refuses what the model does not know."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter

from parlance.model.command import (
    Accepted,
    AddTemplate,
    ChangeSettings,
    Command,
    ListTemplates,
    MarkRead,
    Profile,
    React,
    ReadProfile,
    ReadSettings,
    RemoveTemplate,
    Reply,
    SendMessage,
    Settings,
    Templates,
)
from parlance.model.event import Event
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.message import Direction, Message
from parlance.model.outcome import Outcome, Report
from parlance.model.sender import Account, Route, Sender, Subscription, TemplateRecord
from vectors.files import Vector

COMMANDS = get_args(Command)
REPLIES = get_args(Reply)
OUTCOMES = get_args(Outcome)
REPORTS = get_args(Report)
NUMBER = "972770000111"
MESSAGE_ID = 363_000_000_000_000_123

_T = TypeVar("_T")


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of one type; built once, as building takes long."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def show(kind: type[Any], value: Any) -> Any:
    """A value as JSON-ready data, every field of it."""
    return adapter(kind).dump_python(value, mode="json")


def tame(kind: type[_T], given: Mapping[str, Any]) -> _T:
    """Read a value; a name that the type does not have is an error."""
    value: _T = adapter(kind).validate_python(given)
    strays = list(_strays(show(kind, value), given))
    assert strays == [], f"{kind.__name__} does not know {strays}"
    return value


def _strays(shown: Any, given: Any, at: str = "") -> list[str]:
    if isinstance(given, Mapping) and isinstance(shown, Mapping):
        found = [f"{at}/{name}" for name in given if name not in shown]
        return found + [line for name in given if name in shown for line in _strays(shown[name], given[name], name)]
    if isinstance(given, list) and isinstance(shown, list):
        return [line for pair in zip(shown, given, strict=False) for line in _strays(*pair, at)]
    return []


def tame_named(kinds: tuple[type[Any], ...], given: Mapping[str, Any]) -> Any:
    """Read a value whose type stands under `is`."""
    kind = {each.__name__: each for each in kinds}[given["is"]]
    return tame(kind, {name: value for name, value in given.items() if name != "is"})


def refusal_of(given: str | Mapping[str, Any]) -> Refusal:
    """A refusal as the engine raises it: a fault's word, or an object with more."""
    parts = {"fault": given} if isinstance(given, str) else dict(given)
    fault = Fault(parts.pop("fault"))
    kind = parts.pop("kind", None)
    if kind is not None:
        return Malformed(parts.pop("field", ""), kind, parts.pop("detail", ""))
    return Refusal(fault, parts.pop("field", ""), parts.pop("detail", ""), **parts)


# ---- what stands around an exchange


def route_of(vector: Vector) -> Route:
    """The route, by `context.route` and defaults."""
    carrier = vector.provider.name
    given = {"id": 1, "sender_id": 1, "carrier": carrier, "number": NUMBER, "callback_token": "token"}
    return tame(Route, {**given, **vector.context.get("route", {})})


def account_of(vector: Vector) -> Account:
    """The account, by `context.account` and defaults."""
    return tame(Account, {"id": 1, "name": "demo", "ordinal": 1, "created_at": 0, **vector.context.get("account", {})})


def sender_of(vector: Vector) -> Sender:
    """The sender, by `context.sender` and defaults."""
    account = account_of(vector)
    given = {
        "id": 1,
        "account_id": account.id,
        "account": account.name,
        "number": NUMBER,
        "name": "Demo",
        "ordinal": 1,
        "created_at": 0,
        **vector.context.get("sender", {}),
    }
    route = {"id": 1, "sender_id": 1, "carrier": "sandbox", "number": given["number"]}
    return tame(Sender, {"routes": [route], **given})


def subscription_of(vector: Vector) -> Subscription:
    """The subscription, by `context.subscription` and defaults."""
    given = {
        "id": 1,
        "sender_id": 1,
        "dialect": vector.provider.name,
        "url": "https://hooks.example.org/in",
        "events": [],
        **vector.context.get("subscription", {}),
    }
    return tame(Subscription, given)


def _event(vector: Vector, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": 1, "at": vector.now, "sender_id": 1, "number": NUMBER, **given}


def event_of(vector: Vector) -> Event:
    """The event: `canonical.event` over defaults."""
    return tame(Event, _event(vector, vector.canonical["event"]))


def _message(vector: Vector, given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "id": MESSAGE_ID,
        "direction": Direction.OUT.value,
        "sender_id": 1,
        "customer_id": 1,
        "number": NUMBER,
        "dialect": vector.provider.name,
        "at": vector.now,
    }
    return {**defaults, **given, **vector.context.get("message", {})}


def message_of(vector: Vector, given: Mapping[str, Any]) -> Message:
    """A message: `context.message` over what is given over defaults."""
    return tame(Message, _message(vector, given))


def reply_of(vector: Vector, command: Command) -> Reply:
    """What the engine would reply to a command: `context.reply`, or made of the context's parts."""
    sender = sender_of(vector)
    if "reply" in vector.context:
        return _told(vector, command, sender)
    if isinstance(command, SendMessage | React | MarkRead):
        message = message_of(vector, _content(command) | {"number": sender.number})
        repeated = bool(vector.context.get("repeated", False))
        dropped = tuple(vector.context.get("dropped", ()))
        return Accepted(command, sender, message, repeated, dropped, _policy_settings(vector))
    if isinstance(command, ListTemplates | AddTemplate | RemoveTemplate):
        given = vector.context.get("templates", ())
        return Templates(command, sender, tuple(tame(TemplateRecord, {"id": 1, "account_id": 1, **e}) for e in given))
    if isinstance(command, ReadSettings | ChangeSettings):
        return Settings(command, sender, _document(vector, command))
    assert isinstance(command, ReadProfile), f"context.reply has to say what {type(command).__name__} gets"
    return Profile(command, sender, vector.context.get("conversations", 0))


def _policy_settings(vector: Vector) -> Mapping[str, Any]:
    assert vector.provider.dialect is not None
    return vector.provider.dialect.policy(vector.context.get("document", {})).webhook_settings


def _told(vector: Vector, command: Command, sender: Sender) -> Reply:
    given = dict(vector.context["reply"])
    if "message" in given:
        given["message"] = _message(vector, given["message"])
    if "messages" in given:
        given["messages"] = [_message(vector, each) for each in given["messages"]]
    if given.get("event"):
        given["event"] = _event(vector, given["event"])
    reply: Reply = tame_named(REPLIES, {**given, "command": command, "sender": sender})
    return reply


def _document(vector: Vector, command: ReadSettings | ChangeSettings) -> Mapping[str, Any]:
    assert vector.provider.dialect is not None
    changes = command.changes if isinstance(command, ChangeSettings) else {}
    return vector.provider.dialect.change(vector.context.get("document", {}), changes)


def _content(command: SendMessage | React | MarkRead) -> dict[str, Any]:
    match command:
        case SendMessage(to=to, content=content):
            return {"peer": show(type(to), to), "content": show(type(content), content)}
        case React(to=to, message=target, emoji=emoji):
            reaction = {"kind": "reaction", "target": target.id or 1, "emoji": emoji}
            return {"peer": show(type(to), to), "content": reaction}
        case MarkRead(peer=peer):
            shown = {"kind": "phone", "value": "972550000222"} if peer is None else show(type(peer), peer)
            return {"peer": shown, "content": {"kind": "receipt", "target": 1}}
