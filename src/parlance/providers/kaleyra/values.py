"""What a customer sent, from Meta's message object (spec/cloud-api.md §11.4, spec/kaleyra.md §10.3)."""

from datetime import date
from typing import Final

from parlance.formats import meta
from parlance.model.contact import ContactCard
from parlance.model.fault import Refusal
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text, Unknown
from parlance.providers.kaleyra.wild import Wild, first, member, members, text

_MEDIA: Final = frozenset({"image", "audio", "video", "document", "sticker"})
_REPLIES: Final = ("button_reply", "list_reply")
_LISTS: Final = ("phones", "emails", "addresses", "urls")
_NAME: Final = ("formatted_name", "first_name", "middle_name", "last_name", "prefix", "suffix")


def content_of(message: Wild, media_url: str) -> Content:
    """What a message says; the whole of it as `Unknown` where this is of a kind that nobody here knows.

    `media_url` is where the vendor keeps a copy of its media, empty when there is none.
    """
    type_ = first(message, "type")
    said = member(message, type_)
    found: Content | None = None
    match type_:
        case "text" if isinstance(said.get("body"), str):
            found = Text(said["body"])
        case "contacts":
            found = _contacts(message)
        case "button" if said:
            found = Choice("button", first(said, "payload"), first(said, "text"))
        case "interactive":
            found = _choice(said)
        case "reaction" if said:
            found = Reaction(0, first(said, "emoji"), first(said, "message_id"))
        case "location" if first(said, "latitude") and first(said, "longitude"):
            found = Location(
                first(said, "latitude"), first(said, "longitude"), first(said, "name"), first(said, "address")
            )
        case _ if type_ in _MEDIA and said:
            found = _media(type_, said, media_url)
    return Unknown(type_, message) if found is None else found


def _media(type_: str, said: Wild, media_url: str) -> Media:
    url = media_url or first(said, "link", "url")
    kind = "voice" if type_ == "audio" and said.get("voice") is True else type_
    return Media(kind, url, first(said, "caption"), first(said, "mime_type"), first(said, "filename"))


def _choice(said: Wild) -> Choice | None:
    type_ = first(said, "type")
    chosen = member(said, type_)
    if type_ not in _REPLIES or not chosen:
        return None
    return Choice(type_, first(chosen, "id"), first(chosen, "title"), first(chosen, "description"))


# ---- cards


def _contacts(message: Wild) -> Contacts | None:
    """The cards of a message, None where one of them names nobody: then the message is kept as it came."""
    given = members(message, "contacts")
    cards = [card for each in given if (card := _card(each)) is not None]
    return Contacts(tuple(cards)) if cards and len(cards) == len(given) else None


def _card(raw: Wild) -> ContactCard | None:
    """A card of whatever there is: many members may be missing, and one thing may stand without its list (§10.3)."""
    name = _texts(member(raw, "name"), *_NAME)
    lists = {each: [_texts(part) for part in members(raw, each)] for each in _LISTS}
    organisation = _texts(member(raw, "org"))
    parts = (name.get(each, "") for each in ("prefix", "first_name", "middle_name", "last_name", "suffix"))
    phone = next((each["phone"] for each in lists["phones"] if "phone" in each), "")
    whole = name.get("formatted_name") or " ".join(filter(None, parts)) or organisation.get("company") or phone
    written = {
        "name": {**name, "formatted_name": whole},
        "org": organisation if isinstance(raw.get("org"), dict) else None,
        **lists,
    }
    try:
        return meta.read_card({**written, "birthday": _day(first(raw, "birthday"))})
    except Refusal:
        return None


def _texts(raw: Wild, *names: str) -> dict[str, str]:
    """The members that have a text, numbers as one."""
    return {name: found for name in names or raw if (found := text(raw.get(name)))}


def _day(shown: str) -> str | None:
    """A real day; what else stands for a birthday is no loss of the contact."""
    try:
        return date.fromisoformat(shown).isoformat()
    except ValueError:
        return None
