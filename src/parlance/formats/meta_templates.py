"""The template of the message object, both ways (spec/cloud-api.md §5, spec/kaleyra.md §7)."""

from collections.abc import Mapping
from typing import Any

from parlance.formats.meta_parts import MISSING, WRONG_TYPE, Held, Many, Part, Place
from parlance.model.fault import Malformed
from parlance.model.message import Component, Parameter, Template

PLAIN = {"text": "text", "payload": "payload", "coupon_code": "coupon_code"}
"""Parameters whose value is a text of their own, by the member that holds it."""

INNER = {
    "image": "link",
    "video": "link",
    "document": "link",
    "currency": "fallback_value",
    "date_time": "fallback_value",
}
"""Parameters whose value stands in an object of their type's name, by the member that holds it there."""

MEDIA = frozenset({"image", "video", "document"})


class LanguagePart(Part):
    """`language`; its `policy` says nothing any more."""

    code: str


class ComponentPart(Part):
    """One of `components`. Its parameters have as many forms as types."""

    type: str
    sub_type: str | None = None
    index: Place | None = None
    parameters: Many[dict[str, Any]]


class TemplatePart(Part):
    """`template`."""

    name: str
    language: Held[LanguagePart]
    components: Many[ComponentPart]


def template_of(part: TemplatePart, path: str) -> Template:
    """Make a template of an object at `path` whose types are right; raises `Malformed`."""
    for name, value in (("name", part.name), ("language.code", part.language.code)):
        if not value:
            raise Malformed(f"{path}.{name}", MISSING)
    components = tuple(_component(each, f"{path}.components[{place}]") for place, each in enumerate(part.components))
    return Template(part.name, part.language.code, components)


def _component(part: ComponentPart, path: str) -> Component:
    parameters = tuple(_parameter(each, f"{path}.parameters[{place}]") for place, each in enumerate(part.parameters))
    return Component(part.type.lower(), parameters, part.sub_type.lower() if part.sub_type else None, part.index)


def _parameter(raw: Mapping[str, Any], path: str) -> Parameter:
    type_ = _text(raw, "type", path).lower()
    name = _text(raw, "parameter_name", path) if raw.get("parameter_name") is not None else None
    if type_ in PLAIN:
        return Parameter(type_, _text(raw, PLAIN[type_], path), name)
    inner = raw.get(type_)
    if inner is not None and not isinstance(inner, dict):
        raise Malformed(f"{path}.{type_}", WRONG_TYPE)
    if type_ not in INNER:
        # Kinds that only some templates know go on as they came.
        return Parameter(type_, "", name, inner)
    if not inner:
        raise Malformed(f"{path}.{type_}", MISSING)
    member = INNER[type_]
    by_id = type_ in MEDIA and inner.get("id") is not None and inner.get("link") is None
    value = "" if by_id else _text(inner, member, f"{path}.{type_}")
    rest = {key: each for key, each in inner.items() if key != member}
    return Parameter(type_, value, name, rest or None)


def _text(raw: Mapping[str, Any], member: str, path: str) -> str:
    value = raw.get(member)
    if value is None:
        raise Malformed(f"{path}.{member}", MISSING)
    if not isinstance(value, str):
        raise Malformed(f"{path}.{member}", WRONG_TYPE)
    return value


def write_template(template: Template) -> dict[str, Any]:
    """Write a template; one without a language, which only the account's templates can tell, is written without."""
    written: dict[str, Any] = {"name": template.name}
    if template.language is not None:
        written["language"] = {"code": template.language}
    if template.components:
        written["components"] = [_write_component(each) for each in template.components]
    return written


def _write_component(component: Component) -> dict[str, Any]:
    written: dict[str, Any] = {"type": component.type}
    if component.sub_type is not None:
        written["sub_type"] = component.sub_type
    if component.index is not None:
        written["index"] = str(component.index)
    if component.parameters:
        written["parameters"] = [_write_parameter(each) for each in component.parameters]
    return written


def _write_parameter(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {"type": parameter.type}
    if parameter.name is not None:
        written["parameter_name"] = parameter.name
    if parameter.type in PLAIN:
        written[PLAIN[parameter.type]] = parameter.value
    elif parameter.type in INNER:
        value = {INNER[parameter.type]: parameter.value} if parameter.value else {}
        written[parameter.type] = {**value, **(parameter.raw or {})}
    elif parameter.raw is not None:
        written[parameter.type] = dict(parameter.raw)
    return written
