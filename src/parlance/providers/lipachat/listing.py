"""The account's templates as the vendor lists them, in Meta's own shape (spec/lipachat.md §6.4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from parlance.model.sender import TemplateRecord
from parlance.providers.lipachat import words

_KEPT = ("type", "text", "url", "phone_number")
"""Members of a button that a record keeps."""


def read_templates(data: Mapping[str, Any]) -> tuple[TemplateRecord, ...]:
    """Read the list.

    Left out is what no record can tell: a template without name, language or body, or with a header of a kind not
    known, against which no message could be checked.
    """
    listed = data.get("data")
    found = (_record(each) for each in (listed if isinstance(listed, list) else ()))
    return tuple(each for each in found if each is not None)


def _text(said: object, name: str) -> str:
    value = said.get(name) if isinstance(said, Mapping) else None
    return value if isinstance(value, str) else ""


def _record(said: object) -> TemplateRecord | None:
    parts = {_text(each, "type").upper(): each for each in _members(said, "components")}
    name, language, body = _text(said, "name"), _text(said, "language"), _text(parts.get("BODY"), "text")
    header = parts.get("HEADER")
    kind = "" if header is None else words.HEADERS.get(_text(header, "format").upper())
    if not (name and language and body) or kind is None:
        return None
    statuses = {theirs: ours for ours, theirs in words.TEMPLATE_STATUSES.items()}
    return TemplateRecord(
        id=0,
        account_id=0,
        name=name,
        language=language,
        category=_text(said, "category").upper(),
        # A state not known is none in which it can be sent.
        status=statuses.get(_text(said, "status").upper(), "submitted"),
        body=body,
        header=kind,
        header_text=_text(header, "text") if kind == "text" else "",
        footer=_text(parts.get("FOOTER"), "text"),
        buttons=tuple(_buttons(parts.get("BUTTONS"))),
    )


def _members(said: object, name: str) -> Iterator[Mapping[str, Any]]:
    value = said.get(name) if isinstance(said, Mapping) else None
    yield from (each for each in (value if isinstance(value, list) else ()) if isinstance(each, Mapping))


def _buttons(part: object) -> Iterator[Mapping[str, Any]]:
    for each in _members(part, "buttons"):
        yield {name: each[name] for name in _KEPT if isinstance(each.get(name), str)} | {
            "type": _text(each, "type").upper()
        }
