"""What customers write: each kind of incoming message and its content (spec/cloud-api.md §11.4)."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from parlance.formats import vcard
from parlance.formats.meta import read_card
from parlance.model.contact import ContactCard
from parlance.model.fault import Refusal
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text, Unknown
from parlance.model.sender import Route
from parlance.providers.cloud import tame
from parlance.providers.cloud.calls import graph

_MEDIA = frozenset({"image", "audio", "video", "document", "sticker"})
_CHOICES = frozenset({"button_reply", "list_reply"})
_NAMES = ("prefix", "first_name", "middle_name", "last_name", "suffix")


def read_content(message: Mapping[str, Any], route: Route) -> Content:
    """Read what a message says; what has no form here, and what lacks its substance, is kept whole as `Unknown`."""
    type_ = tame.text(message, "type")
    said = tame.inner(message, type_)
    content: Content | None = None
    match type_:
        case "text":
            content = Text(body) if (body := tame.text(said, "body")) else None
        case "contacts":
            content = _contacts(message)
        case "location":
            content = _location(said)
        case "button":
            content = Choice("button", tame.text(said, "payload"), tame.text(said, "text")) if said else None
        case "interactive":
            content = _choice(said)
        case "reaction" if tame.text(said, "message_id"):
            # Without an emoji, or with an empty one, the reaction is taken off.
            content = Reaction(0, tame.text(said, "emoji"), tame.text(said, "message_id"))
        case _ if type_ in _MEDIA:
            content = _media(type_, said, route)
    return Unknown(type_ or "unknown", message) if content is None else content


def _media(type_: str, said: Mapping[str, Any], route: Route) -> Media | None:
    """Media by address: what the webhook links to, else where the vendor tells of a medium by its id."""
    url = tame.text(said, "link") or tame.text(said, "url")
    media_id = tame.text(said, "id")
    if not url and media_id.isascii() and media_id.isalnum():
        url = graph(route, "GET", media_id).url
    if not url:
        return None
    return Media(
        "voice" if type_ == "audio" and said.get("voice") is True else type_,
        url,
        tame.text(said, "caption"),
        tame.text(said, "mime_type"),
        tame.text(said, "filename"),
    )


def _location(said: Mapping[str, Any]) -> Location | None:
    latitude, longitude = _degrees(said.get("latitude")), _degrees(said.get("longitude"))
    if not (latitude and longitude):
        return None
    return Location(latitude, longitude, tame.text(said, "name"), tame.text(said, "address"))


def _degrees(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    return str(value) if isinstance(value, str) or math.isfinite(value) else ""


def _choice(said: Mapping[str, Any]) -> Choice | None:
    kind = tame.text(said, "type")
    chosen = tame.inner(said, kind)
    if kind not in _CHOICES or not chosen:
        return None
    return Choice(kind, tame.text(chosen, "id"), tame.text(chosen, "title"), tame.text(chosen, "description"))


# ---- contacts


def _contacts(message: Mapping[str, Any]) -> Contacts | None:
    cards = [_card(each) for each in tame.inners(message, "contacts")]
    whole = tuple(card for card in cards if card is not None)
    # A card that cannot be read must not vanish among others.
    return Contacts(whole) if whole and len(whole) == len(cards) else None


def _card(raw: Mapping[str, Any]) -> ContactCard | None:
    """Read a contact, of which much may be missing; its vCard helps out where it names nobody (§11.4)."""
    try:
        return read_card(_mended(raw))
    except Refusal:
        found = vcard.read_cards(tame.text(raw, "vcard"))
        return found[0] if found and found[0].formatted else None


def _mended(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in what our own reader insists on, from the rest of the contact."""
    name = tame.inner(raw, "name")
    phones = tame.inners(raw, "phones")
    parts = " ".join(part for each in _NAMES if (part := tame.text(name, each)))
    shown = tame.text(name, "formatted_name") or parts or tame.text(tame.inner(raw, "org"), "company")
    mended = {**raw, "name": {**name, "formatted_name": shown}, "phones": list(phones)}
    if not _is_day(tame.text(raw, "birthday")):
        mended.pop("birthday", None)
    return mended


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
