"""The account's templates as the vendor lists them (spec/99digital.md §6.7)."""

from collections.abc import Iterator, Mapping
from typing import Any

from parlance.model.sender import TemplateRecord
from parlance.providers.digital99 import words

STATUSES = frozenset({"submitted", "approved", "rejected", "paused", "deactivated"})


def read_templates(said: Mapping[str, Any]) -> tuple[TemplateRecord, ...]:
    """Read the list.

    Left out is what no record can tell: a template without name, language or body, or with a header that has no text.
    That one is a medium, but the list does not say which, so no message could be checked against it.
    """
    found = (_record(each) for each in _members(said, "list"))
    return tuple(each for each in found if each is not None)


def _members(said: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    value = said.get(name)
    yield from (each for each in (value if isinstance(value, list) else ()) if isinstance(each, Mapping))


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _record(said: Mapping[str, Any]) -> TemplateRecord | None:
    parts = {_text(each, "type"): _text(each, "text") for each in _members(said, "template")}
    name, language, body = _text(said, "name"), _language(said.get("language")), parts.get("body", "")
    header = parts.get("header")
    if not (name and language and body) or header == "":
        return None
    categories = {number: category for category, number in words.CATEGORIES.items()}
    status, category = _text(said, "status"), said.get("category")
    return TemplateRecord(
        id=0,
        account_id=0,
        name=name,
        language=language,
        category=categories.get(category, "") if type(category) is int else "",
        # A state not known is none in which it can be sent.
        status=status if status in STATUSES else "submitted",
        body=body,
        header="text" if header else "",
        header_text=header or "",
        footer=parts.get("footer", ""),
    )


def _language(value: object) -> str:
    """A language by its code, or by the number that sendTemplate has for it: the list's own form is not known."""
    if type(value) is int:
        return words.LANGUAGES.get(value, "").removesuffix("*")
    return value if isinstance(value, str) else ""
