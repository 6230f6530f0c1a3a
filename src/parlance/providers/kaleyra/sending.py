"""Messages, reactions and read receipts: all of them are posted to one address (spec/kaleyra.md §3 to §8)."""

import json
from collections.abc import Mapping
from typing import Any, Final

from parlance.formats import meta
from parlance.model.address import phone
from parlance.model.command import Accepted, MarkRead, QuoteRef, React, Reply, SendMessage
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import wire, words
from parlance.providers.kaleyra.ids import read_id, write_sent

KEY: Final = "kaleyra"
"""The name under which a message keeps what came in `extra_info`."""

PROFILE: Final = "callback_profile_id"
REFS: Final = ("ref", "ref1", "ref2")
REF_LIMIT = 255
"""Code points in each of them; what is longer is cut (§3.2, §16 U9)."""


# ---- reading


def read_message(request: WireRequest) -> SendMessage | React | MarkRead:
    """Read what is posted; raises `Malformed` and `Refusal` for what §16 U6 refuses.

    With `status` and without `type` it is a read receipt (§8).
    """
    raw = wire.parse(request)
    said, refs = raw.get("messaging_object"), read_refs(raw)
    if not isinstance(said, dict):
        raise Malformed("messaging_object", meta.MISSING if said is None else meta.NOT_OBJECT)
    spoken = meta.read_object(_unpacked(said), phones_required=True)
    if spoken.status_read:
        return MarkRead(message=_reference(spoken.status_read), typing=spoken.typing)
    number = meta.digits(spoken.to)
    if number is None:
        raise Refusal(Fault.BAD_RECIPIENT, "to")
    if spoken.content is None:
        return React(phone(number), _reference(spoken.reaction_to), spoken.emoji, refs)
    quote = _reference(spoken.quote) if spoken.quote else None
    return SendMessage(phone(number), spoken.content, quote=quote, refs=refs)


def _unpacked(said: dict[str, Any]) -> dict[str, Any]:
    """Content stands as JSON: a text that holds it, which others take, is of the wrong type here (§16 U6)."""
    for name in ("contacts", "template"):
        if isinstance(said.get(name), str):
            raise Malformed(name, meta.WRONG_TYPE)
    return said


def _reference(text: str) -> QuoteRef:
    return QuoteRef(text, read_id(text))


def read_refs(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read `extra_info` into what a message keeps, nothing where there was nothing; raises `Malformed` (§16 U9)."""
    extra = wire.held(raw, "extra_info")
    given = {name: _ref(name, extra[name]) for name in REFS if extra.get(name) is not None}
    if extra.get("wa_source") is not None:
        given["wa_source"] = _source(extra["wa_source"])
    profile = raw.get(PROFILE) if extra.get(PROFILE) is None else extra[PROFILE]
    if profile is not None:
        given[PROFILE] = _ref(PROFILE, profile)
    return {KEY: given} if given else {}


def _ref(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        raise Malformed(f"extra_info.{name}", "string_type")
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:REF_LIMIT]


def _source(value: object) -> str:
    """What is listed stays as it was sent, all else becomes one word; never refused (§3.2, §16 U23)."""
    return value if isinstance(value, str) and value.lower() in words.SOURCES else words.OTHER_SOURCE


# ---- the answer


def write_accepted(reply: Reply) -> WireResponse:
    """Write the answer to all that was accepted (§9, §16 U19 and U24)."""
    if not isinstance(reply, Accepted):
        raise TypeError(f"not the answer to a message: {type(reply).__name__}")
    data = {"message_id": write_sent(reply.message.id, reply.settings.get("idForm", ""))}
    return wire.answer(wire.envelope(words.ACCEPTED, words.ACCEPTED_MESSAGE, data, {}), 202)


def ours(refs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message keeps of its request's `extra_info`; nothing for one that came by another API."""
    found = refs.get(KEY)
    return found if isinstance(found, Mapping) else {}
