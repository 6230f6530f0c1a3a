"""The account's templates as the vendor lists them.

Shapes: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/ and
https://developers.facebook.com/docs/graph-api/results/ for the pages, seen 2026-11-20.
"""

from collections.abc import Mapping
from typing import Any, Final

from parlance.contract.provider import Ask
from parlance.contract.vendor import Inquiry
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Route, TemplateRecord
from parlance.providers.cloud import causes, tame, words
from parlance.providers.cloud.calls import graph

PAGE: Final = 100
PAGES: Final = 200
"""The most pages read: three times what an account may have."""
FIELDS: Final = "name,language,status,category,components"

STATUSES: Mapping[str, str] = {
    "APPROVED": "approved",
    "FLAGGED": "approved",
    "REINSTATED": "approved",
    "PENDING": "submitted",
    "IN_APPEAL": "rejected",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "deactivated",
    "ARCHIVED": "deactivated",
    "DELETED": "deactivated",
    "PENDING_DELETION": "deactivated",
    "LIMIT_EXCEEDED": "deactivated",
}
"""The vendor's words for a template's status, and ours; one that nobody knows cannot be relied on either."""
_OTHERWISE: Final = "submitted"

_CATEGORIES: Mapping[str, str] = {"OTP": "AUTHENTICATION"}
"""Categories of old that are not simply a use."""
_BUTTON: Final = ("type", "text", "url", "phone_number")
_LOCATION: Final = "LOCATION"


def templates(route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
    """All templates but those with a place for a header, for which a registered template has no form; raises `Refusal`.

    Pages are followed by their cursor: the vendor's own links to the next one have the token in them.
    """
    if not route.settings.get("waba_id"):
        raise Refusal(Fault.BAD_VALUE, "waba_id", "Listing templates needs the setting waba_id.")
    found: list[TemplateRecord] = []
    query = {"fields": FIELDS, "limit": str(PAGE)}
    for _ in range(PAGES):
        said = causes.read_reply((yield Ask(graph(route, "GET", "{waba_id}/message_templates", query=query))), route)
        found += [record for each in tame.inners(said, "data") if (record := _record(each)) is not None]
        paging = tame.inner(said, "paging")
        after = tame.text(tame.inner(paging, "cursors"), "after")
        if not after or not tame.text(paging, "next") or after == query.get("after"):
            break
        query = {**query, "after": after}
    return tuple(found)


def _record(raw: Mapping[str, Any]) -> TemplateRecord | None:
    name, language = tame.text(raw, "name"), tame.text(raw, "language")
    parts = {tame.text(each, "type").upper(): each for each in tame.inners(raw, "components")}
    header = parts.get("HEADER", {})
    format_ = tame.text(header, "format").upper()
    if not (name and language) or format_ == _LOCATION:
        return None
    category = tame.text(raw, "category").upper()
    kind = words.HEADERS.get(format_, "")
    return TemplateRecord(
        id=0,
        account_id=0,
        name=name,
        language=language,
        category=category if category in words.CATEGORIES else _CATEGORIES.get(category, "UTILITY"),
        status=STATUSES.get(tame.text(raw, "status").upper(), _OTHERWISE),
        body=tame.text(parts.get("BODY", {}), "text"),
        header=kind,
        header_text=tame.text(header, "text") if kind == "text" else "",
        footer=tame.text(parts.get("FOOTER", {}), "text"),
        buttons=tuple(_button(each) for each in tame.inners(parts.get("BUTTONS", {}), "buttons")),
    )


def _button(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {name: said for name in _BUTTON if (said := tame.text(raw, name))}
    return {**kept, "type": kept.get("type", "").upper()}
