"""The `value` of a webhook's change: what came in and how sent messages fare (spec/cloud-api.md §11.3 to §11.5)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlance.formats.meta_cards import write_card
from parlance.formats.meta_errors import TITLES, write_failure
from parlance.formats.meta_parts import kept
from parlance.model.address import Address, AddressKind
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text

WriteId = Callable[[Id], str]
"""Shows the id of a message in the vendor's shape."""

HREF: Final = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
UNSUPPORTED: Final = 131051
"""What an incoming message of an unknown type carries (§11.4)."""

STATUSES: Mapping[EventKind, str] = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
}
"""`status`; the other kinds of events have no word there (§11.5)."""

_VOICE = {"voice": "audio"}


def metadata(event: Event, number_id: str) -> dict[str, Any]:
    """The head of every value."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": event.number, "phone_number_id": number_id},
    }


def seconds(at: int) -> str:
    """Unix milliseconds as Unix seconds in digits."""
    return str(at // 1000)


def _phone(address: Address) -> str | None:
    return address.value if address.kind is AddressKind.PHONE else None


def _contact(customer: Customer) -> dict[str, Any]:
    """Who the customer is; someone who hides their number has a user id alone (§11.4)."""
    profile = {"name": customer.name} if customer.name else None
    return kept(profile=profile, wa_id=_phone(customer.address), user_id=_user_id(customer))


def _user_id(customer: Customer) -> str | None:
    if customer.address.kind is AddressKind.USER:
        return customer.address.value
    return customer.user_id or None


# ---- incoming messages


def message_value(event: Event, number_id: str, write_id: WriteId) -> dict[str, Any]:
    """The value for an incoming message; the event has a message, a customer and a content."""
    if event.customer is None or event.message_id is None or event.content is None:
        raise TypeError(f"no incoming message: {event.kind}")
    message = kept(
        **{"from": _phone(event.customer.address)},
        from_user_id=_user_id(event.customer),
        id=write_id(event.message_id),
        timestamp=seconds(event.at),
    )
    said = {**_said(event.content, write_id), **kept(context=_context(event, write_id))}
    return {
        **metadata(event, number_id),
        "contacts": [_contact(event.customer)],
        "messages": [{**message, **said}],
    }


def _context(event: Event, write_id: WriteId) -> dict[str, Any] | None:
    """What a message answers, or that it was passed on. `from` is the author of the quoted one (§11.4)."""
    context: dict[str, Any] = {"forwarded": True} if event.forwarded else {}
    if event.quote is not None and event.customer is not None:
        author = _phone(event.customer.address) if event.quote_incoming else event.number
        context |= kept(**{"from": author}, id=write_id(event.quote))
    return context or None


def _said(content: Content, write_id: WriteId) -> dict[str, Any]:
    """`type` and the member of its name."""
    match content:
        case Text(body=body):
            return {"type": "text", "text": {"body": body}}
        case Contacts(cards=cards):
            return {"type": "contacts", "contacts": [write_card(each) for each in cards]}
        case Media():
            return _media(content)
        case Location():
            return {"type": "location", "location": _place(content)}
        case Choice():
            return _choice(content)
        case Reaction():
            target = write_id(content.target) if content.target else content.target_external or None
            # Without an emoji a reaction is taken off.
            return {"type": "reaction", "reaction": kept(message_id=target, emoji=content.emoji or None)}
        case _:
            return {"type": "unsupported", "errors": [_unsupported()]}


def _unsupported() -> dict[str, Any]:
    title = TITLES[UNSUPPORTED]
    details = "Message type is currently not supported."
    return {"code": UNSUPPORTED, "title": title, "message": title, "error_data": {"details": details}}


def _media(media: Media) -> dict[str, Any]:
    """What the customer sent, by its link: there is no media store of ours that an id could name."""
    type_ = _VOICE.get(media.type, media.type)
    shown = kept(
        caption=media.caption or None,
        filename=media.filename or None,
        mime_type=media.mime or None,
        link=media.url or None,
        voice=True if media.type in _VOICE else None,
    )
    return {"type": type_, type_: shown}


def _place(place: Location) -> dict[str, Any]:
    return kept(
        latitude=_degrees(place.latitude),
        longitude=_degrees(place.longitude),
        name=place.name or None,
        address=place.address or None,
    )


def _degrees(text: str) -> float | str:
    """A number, as the wire has it; what is none stays as the carrier wrote it."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if -360 <= value <= 360 else text


def _choice(choice: Choice) -> dict[str, Any]:
    if choice.type == "button":
        return {"type": "button", "button": {"payload": choice.id, "text": choice.title}}
    chosen = kept(id=choice.id, title=choice.title, description=choice.description or None)
    return {"type": "interactive", "interactive": {"type": choice.type, choice.type: chosen}}


# ---- statuses


def status_value(
    event: Event,
    number_id: str,
    message_id: str,
    *,
    contacts: bool,
    extra: Mapping[str, Any] | None = None,
    href: str = HREF,
) -> dict[str, Any]:
    """The value for a status of the message shown as `message_id`; the event is of a kind in `STATUSES`.

    With `contacts` the customer stands there too, but for a failure (§11.5). `extra` are members of the status that the
    caller alone knows, such as its own context; `href` is where readers find the codes.
    """
    if event.customer is None:
        raise TypeError(f"no status: {event.kind}")
    failed = event.kind is EventKind.FAILED
    status = kept(
        id=message_id,
        status=STATUSES[event.kind],
        timestamp=seconds(event.at),
        recipient_id=_phone(event.customer.address),
        # A failure to reach a number does not tell whose it is (§11.5).
        recipient_user_id=None if failed and _phone(event.customer.address) else _user_id(event.customer),
        **(extra or {}),
        # One without its id says nothing, and readers trip over it.
        conversation=event.conversation if event.conversation and "id" in event.conversation else None,
        pricing=event.pricing,
        errors=[write_failure(event.failure or Failure(Fault.OUTCOME_UNKNOWN), href)] if failed else None,
    )
    told = {"contacts": [_contact(event.customer)]} if contacts and not failed else {}
    return {**metadata(event, number_id), **told, "statuses": [status]}
