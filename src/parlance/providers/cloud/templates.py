"""The account's templates: registering, listing and removing (spec/cloud-api.md §19)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parlance.formats import meta
from parlance.formats.meta_parts import Many, Part, fill
from parlance.model.command import AddTemplate, ListTemplates, RemoveTemplate, Reply, Templates
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import wire, words
from parlance.providers.cloud.ids import read_template_id, write_template_id
from parlance.rules.content import variables

LIMIT = 6_000
"""The most templates an account may have, as far as clients are told; nobody counts."""

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")


class _Component(Part):
    type: str
    format: str | None = None
    text: str | None = None
    buttons: Many[dict[str, Any]]


class _NewTemplate(Part):
    name: str
    language: str
    category: str
    components: Many[_Component]


# ---- reading


def read_create(request: WireRequest) -> AddTemplate:
    """Read a template to register; raises `Refusal`. There is nobody here to review it, so it counts as approved."""
    given = fill(_NewTemplate, wire.parse(request))
    category = given.category.upper()
    for name, fits in (
        ("name", _NAME.fullmatch(given.name) is not None),
        ("language", _LANGUAGE.fullmatch(given.language) is not None),
        ("category", category in words.CATEGORIES),
    ):
        if not fits:
            raise Refusal(Fault.BAD_VALUE, name)
    parts = {each.type.upper(): (place, each) for place, each in enumerate(given.components)}
    _, body = parts.get("BODY", (0, None))
    if body is None or not body.text:
        raise Malformed("components", meta.MISSING, "a component of type BODY with a text is required")
    header, header_text = _read_header(*parts["HEADER"]) if "HEADER" in parts else ("", "")
    footer = parts["FOOTER"][1].text if "FOOTER" in parts else None
    buttons = tuple(_read_buttons(*parts["BUTTONS"])) if "BUTTONS" in parts else ()
    return AddTemplate(
        TemplateRecord(
            id=0,
            account_id=0,
            name=given.name,
            language=given.language,
            category=category,
            status="approved",
            body=body.text,
            header=header,
            header_text=header_text,
            footer=footer or "",
            buttons=buttons,
        )
    )


def _read_header(place: int, part: _Component) -> tuple[str, str]:
    format_ = (part.format or "").upper()
    if format_ not in words.HEADERS:
        raise Refusal(Fault.BAD_VALUE, f"components[{place}].format")
    kind = words.HEADERS[format_]
    if kind == "text" and not part.text:
        raise Malformed(f"components[{place}].text", meta.MISSING)
    return kind, (part.text or "") if kind == "text" else ""


def _read_buttons(place: int, part: _Component) -> Iterator[Mapping[str, Any]]:
    for index, button in enumerate(part.buttons):
        kept = {name: button[name] for name in ("type", "text", "url", "phone_number") if button.get(name) is not None}
        for name in ("type", *kept):
            if not isinstance(kept.get(name), str):
                kind = meta.WRONG_TYPE if name in kept else meta.MISSING
                raise Malformed(f"components[{place}].buttons[{index}].{name}", kind)
        yield {**kept, "type": kept["type"].upper()}


def read_list(request: WireRequest) -> ListTemplates:
    """Read the call for the list, which a name may narrow."""
    return ListTemplates(request.query.get("name", ""))


def read_remove(request: WireRequest) -> RemoveTemplate:
    """Read what to remove: a name, and maybe one id of that name; raises `Refusal`."""
    name, hsm_id = request.query.get("name", ""), request.query.get("hsm_id", "")
    if not name:
        raise Malformed("name", meta.MISSING)
    found = read_template_id(hsm_id) if hsm_id else None
    if hsm_id and found is None:
        raise Refusal(Fault.UNKNOWN_TEMPLATE, "hsm_id")
    return RemoveTemplate(name, found)


# ---- writing


def _templates(reply: Reply) -> tuple[TemplateRecord, ...]:
    if not isinstance(reply, Templates):
        raise TypeError(f"not templates: {type(reply).__name__}")
    return reply.templates


def write_created(reply: Reply) -> WireResponse:
    """Write the answer to a template registered."""
    (made,) = _templates(reply)
    status = words.TEMPLATE_STATUSES[made.status]
    return wire.answer({"id": write_template_id(made.id), "status": status, "category": made.category})


def write_removed(reply: Reply) -> WireResponse:
    """Write the answer to templates removed."""
    _templates(reply)
    return wire.done()


def write_list(reply: Reply) -> WireResponse:
    """Write the list, on one page."""
    listed = [
        {
            "name": each.name,
            "components": list(_components(each)),
            "parameter_format": _parameter_format(each),
            "language": each.language,
            "status": words.TEMPLATE_STATUSES[each.status],
            "category": each.category,
            "id": write_template_id(each.id),
        }
        for each in _templates(reply)
    ]
    counts = {"total_count": len(listed), "message_template_count": len(listed), "message_template_limit": LIMIT}
    return wire.answer({"data": listed, "summary": {**counts, "are_translations_complete": True}})


def _parameter_format(template: TemplateRecord) -> str:
    """Whether the variables are counted or named; clients insist on being told."""
    named = any(_is_named(variables(text)) for text in (template.body, template.header_text))
    return "NAMED" if named else "POSITIONAL"


def _is_named(names: tuple[str, ...]) -> bool:
    return any(not name.isdigit() for name in names)


def _components(template: TemplateRecord) -> Iterator[dict[str, Any]]:
    if template.header == "text":
        text = template.header_text
        yield {"type": "HEADER", "format": "TEXT", "text": text, **_example("header_text", variables(text), flat=True)}
    elif template.header:
        yield {"type": "HEADER", "format": template.header.upper()}
    yield {"type": "BODY", "text": template.body, **_example("body_text", variables(template.body), flat=False)}
    if template.footer:
        yield {"type": "FOOTER", "text": template.footer}
    if template.buttons:
        yield {"type": "BUTTONS", "buttons": [{**each, "type": str(each["type"]).upper()} for each in template.buttons]}


def _example(member: str, names: tuple[str, ...], *, flat: bool) -> dict[str, Any]:
    """Samples of the variables: clients take no text with variables but without them. None are kept: names stand in."""
    if not names:
        return {}
    if _is_named(names):
        return {"example": {f"{member}_named_params": [{"param_name": name, "example": name} for name in names]}}
    return {"example": {member: list(names) if flat else [list(names)]}}
