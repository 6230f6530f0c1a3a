"""What the vendor tells: messages, statuses, states (spec/greenapi.md §6.2, §8.4); the same posted or fetched."""

import hmac
from collections.abc import Callable, Mapping
from typing import TypeAlias

from parlance.model.address import Address, AddressKind, phone
from parlance.model.fault import Malformed
from parlance.model.message import Reaction, Stage
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import Route
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest
from parlance.providers.greenapi import causes, received, wild, words
from parlance.providers.greenapi.chats import read_chat
from parlance.providers.greenapi.wild import Wild, external_id, first, label, member, text


@dataclass(frozen=True, slots=True)
class _News:
    """One notification, with what all of its reports say alike."""

    said: Wild
    word: str
    route: Route
    at: int
    number: str


_ONE_PERSON = {AddressKind.PHONE, AddressKind.LID}
"""The two kinds of address that one customer may have."""

Reader: TypeAlias = Callable[[_News], tuple[Report, ...]]


def is_from_vendor(callback: WireRequest, route: Route) -> bool:
    """Whether a callback brings the route's token (§8.3); without a token set, its address is all the secret there is.

    The token may have been given to the vendor with its scheme in front, and is then sent so.
    """
    token = route.settings.get("webhook_token", "")
    given = callback.headers.get("authorization", "")
    return not token or hmac.compare_digest(_bare(given).encode(), _bare(token).encode())


def _bare(token: str) -> str:
    scheme, blank, rest = token.strip().partition(" ")
    return rest.strip() if blank and scheme.lower() in {"bearer", "basic"} else token.strip()


def read(callback: WireRequest, route: Route) -> tuple[Report, ...]:
    """Read a callback; raises `Malformed` for what is no notification at all."""
    try:
        said = wild.parse(callback.body)
    except ValueError:
        raise Malformed("", "json_invalid") from None
    return reports_of(said, route, callback.received_at)


def reports_of(said: object, route: Route, now: int) -> tuple[Report, ...]:
    """Read a notification that is already parsed; `now` stands in for a time that it does not tell."""
    if not isinstance(said, dict):
        raise Malformed("", "dict_type")
    word = label(said, "typeWebhook")
    if not word:
        raise Malformed("typeWebhook", "missing")
    news = _News(said, word, route, wild.moment(said.get("timestamp"), now), _number(said, route))
    # Of another instance that does not tell its number it cannot be said whose news it is.
    named = news.number or _is_ours(said, route)
    return _READERS.get(word, _stranger)(news) if named else _stranger(news)


def _number(said: Wild, route: Route) -> str:
    """The instance's own number; the route's, where it is the same in WhatsApp's other form of it.

    None for the route's own instance linked to some other number: what it tells is the route's all the same.
    """
    own = read_chat(first(member(said, "instanceData"), "wid"))
    if own is None or own.kind is not AddressKind.PHONE:
        return ""
    if own.alias == phone(route.number).alias:
        return route.number
    return "" if _instance(said) and _is_ours(said, route) else own.value


def _is_ours(said: Wild, route: Route) -> bool:
    """Whether it is told of the route's instance: several may be set to post to one address."""
    return _instance(said) in {"", route.settings.get("id_instance", "").strip()}


def _instance(said: Wild) -> str:
    return first(member(said, "instanceData"), "idInstance")


def _stranger(news: _News) -> tuple[Report, ...]:
    """What there is nothing to be done about, by its name and id."""
    return (_status_of(news, None, news.word),)


def _status_of(news: _News, stage: Stage | None, word: str) -> StatusReport:
    known = external_id(news.said, "idMessage")
    return StatusReport(known, stage, news.at, word=word, number=news.number)


def _echo(news: _News) -> tuple[Report, ...]:
    """What we sent has left the vendor's queue; `sent` follows."""
    return (_status_of(news, Stage.SENDING, news.word),)


def _status(news: _News) -> tuple[Report, ...]:
    word = label(news.said, "status")
    stage = words.STAGES.get(word)
    chat = read_chat(first(news.said, "chatId"))
    report = StatusReport(
        external_id(news.said, "idMessage"),
        stage,
        news.at,
        word="" if stage else word or news.word,
        failure=causes.of_status(word, first(news.said, "description")) if stage is Stage.FAILED else None,
        number=news.number,
        wa_id=chat.value if chat and chat.kind is AddressKind.PHONE else "",
    )
    # A yellow card is the number's, whichever message brought it to light.
    held = words.HELD.get(word, "")
    return (
        (report, StateReport(word, news.at, held, news.number))
        if held and _is_ours(news.said, news.route)
        else (report,)
    )


def _state(news: _News) -> tuple[Report, ...]:
    state = label(news.said, "stateInstance")
    if not state or not _is_ours(news.said, news.route):
        return _stranger(news)
    # What a state means that nobody knows is not known either: it changes nothing but its name.
    return (StateReport(state, news.at, words.HELD.get(state), news.number),)


def _quota(news: _News) -> tuple[Report, ...]:
    """A quota of the plan is spent (§8.4). What is refused for it is, one by one, when it is sent."""
    if not _is_ours(news.said, news.route):
        return _stranger(news)
    state = label(member(news.said, "quotaData"), "status") or news.word
    return (StateReport(state, news.at, None, news.number),)


# ---- messages


def _message(news: _News) -> tuple[Report, ...]:
    who, data = member(news.said, "senderData"), member(news.said, "messageData")
    people = _people(who)
    if not people:
        # Channels and status broadcasts: nobody who could be answered.
        return _stranger(news)
    content = received.content_of(data)
    grouped = people[0].kind is AddressKind.GROUP
    return (
        Incoming(
            external_id(news.said, "idMessage"),
            people[0],
            content,
            news.at,
            name=label(who, "chatName") if grouped else label(who, "senderName", "senderContactName", "chatName"),
            number=news.number,
            quote_external="" if isinstance(content, Reaction) else received.quoted(data),
            forwarded=received.is_forwarded(data),
            aliases=tuple(people[1:]),
        ),
    )


def _people(who: Wild) -> list[Address]:
    """Who wrote: the group, or the customer by every address that is told, their number first."""
    chat, sender = read_chat(first(who, "chatId")), read_chat(first(who, "sender"))
    if chat is not None and chat.kind is AddressKind.GROUP:
        return [chat]
    if chat is None:
        # A channel's or broadcast's post may name its author, who did not write to us.
        return []
    # Told beside hidden ids where the vendor knows it.
    number = read_chat(f"{text(who.get('senderPhoneNumber'))}@c.us")
    other = next(
        (each for each in (sender, number) if each is not None and {chat.kind, each.kind} == _ONE_PERSON), None
    )
    both = [chat] if other is None else [chat, other]
    return sorted(both, key=lambda each: each.kind is not AddressKind.PHONE)


_READERS: Mapping[str, Reader] = {
    "incomingMessageReceived": _message,
    "outgoingAPIMessageReceived": _echo,
    "outgoingMessageStatus": _status,
    "stateInstanceChanged": _state,
    "quotaExceeded": _quota,
}
