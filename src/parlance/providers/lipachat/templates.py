"""Registering and listing templates (spec/lipachat.md §6.4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parlance.model.command import AddTemplate, ListTemplates, Reply, Templates
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat import wire, words
from parlance.providers.lipachat.ids import read_template_id, write_template_id

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
DONE = "success"
"""The `message` of these answers, which also have no timestamp (§6.4)."""


def _check_number(request: WireRequest) -> None:
    # Whose number it is, authentication has told; here it remains that it be one.
    if not wire.sender_of(request):
        raise Malformed("phone_number", "number")


# ---- reading


def read_create(request: WireRequest) -> AddTemplate:
    """Read a template to register; raises `Malformed`. There is nobody here to review it, so it counts as approved."""
    _check_number(request)
    form = wire.read(wire.NewTemplateForm, request)
    _check(form)
    header = form.component.header
    kind = "" if header is None else _header_kind(header)
    return AddTemplate(
        TemplateRecord(
            id=0,
            account_id=0,
            name=form.name,
            language=form.language,
            category=form.category,
            status="approved",
            body=form.component.body.text,
            header=kind,
            header_text=(header.text or "") if header is not None and kind == "text" else "",
            footer=form.component.footer.text if form.component.footer else "",
            buttons=tuple(_buttons(form.component.buttons or [])),
        )
    )


def read_change(request: WireRequest) -> AddTemplate:
    """Read a template that takes the place of the one of its name and language.

    Raises `Malformed`, and `Refusal(UNKNOWN_TEMPLATE)` for an id that can be nobody's.
    """
    if read_template_id(request.params["templateId"]) is None:
        raise Refusal(Fault.UNKNOWN_TEMPLATE, "templateId")
    return read_create(request)


def read_list(request: WireRequest) -> ListTemplates:
    """Read the call for the list, which asks for nothing but itself."""
    _check_number(request)
    return ListTemplates()


def _check(form: wire.NewTemplateForm) -> None:
    errors: dict[str, str] = {}
    if not _NAME.fullmatch(form.name):
        errors["name"] = "template_name"
    if not _LANGUAGE.fullmatch(form.language):
        errors["language"] = "language"
    if form.category not in words.CATEGORIES:
        errors["category"] = "category"
    if errors:
        raise wire.Invalid(errors)


def _header_kind(header: wire.HeaderText) -> str:
    kind = words.HEADERS.get(header.format)
    if kind is None:
        raise Malformed("component.header.format", "header_kind")
    if kind == "text" and not header.text:
        raise Malformed("component.header.text", "missing")
    return kind


def _buttons(buttons: list[wire.ButtonForm]) -> Iterator[Mapping[str, Any]]:
    for index, button in enumerate(buttons):
        at = f"component.buttons[{index}]"
        if button.type not in words.BUTTONS:
            raise Malformed(f"{at}.type", "button_kind")
        needed = {"text": button.text}
        if button.type == "URL":
            needed["url"] = button.url
        if button.type == "PHONE_NUMBER":
            needed["phoneNumber"] = button.phone_number
        for name, value in needed.items():
            if not value:
                raise Malformed(f"{at}.{name}", "missing")
        given = {"url": button.url, "phone_number": button.phone_number}
        yield {"type": button.type, "text": button.text, **{name: value for name, value in given.items() if value}}


# ---- writing


def _templates(reply: Reply) -> tuple[TemplateRecord, ...]:
    if not isinstance(reply, Templates):
        raise TypeError(f"not templates: {type(reply).__name__}")
    return reply.templates


def _done(data: Mapping[str, Any]) -> WireResponse:
    return wire.answer(wire.envelope(None, data, "success", DONE))


def write_created(reply: Reply) -> WireResponse:
    """Write the answer to a template registered: ours, as the vendor's is not known."""
    (made,) = _templates(reply)
    status = words.TEMPLATE_STATUSES[made.status]
    return _done({"id": write_template_id(made.id), "status": status, "category": made.category})


def write_changed(reply: Reply) -> WireResponse:
    """Write the answer to a template changed."""
    _templates(reply)
    return _done({"success": True, "error": None})


def write_list(reply: Reply) -> WireResponse:
    """Write the list, in Meta's own shape and wrapped twice."""
    listed = [
        {
            "name": each.name,
            "components": list(_components(each)),
            "language": each.language,
            "status": words.TEMPLATE_STATUSES[each.status],
            "category": each.category,
            "id": write_template_id(each.id),
        }
        for each in _templates(reply)
    ]
    return _done({"data": listed})


def _components(template: TemplateRecord) -> Iterator[dict[str, Any]]:
    if template.header:
        text = {"text": template.header_text} if template.header == "text" else {}
        yield {"type": "HEADER", "format": template.header.upper(), **text}
    yield {"type": "BODY", "text": template.body}
    if template.footer:
        yield {"type": "FOOTER", "text": template.footer}
    if template.buttons:
        yield {"type": "BUTTONS", "buttons": [{**each, "type": str(each["type"]).upper()} for each in template.buttons]}
