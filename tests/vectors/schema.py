"""As much of JSON Schema as `schema.json` uses; a word it does not know is an error, not a rule that never holds."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_NOTES = frozenset({"$schema", "$defs", "title"})


def faults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Every way in which `value` breaks `schema`, as one line each."""
    for word, rule in schema.items():
        if word == "$ref":
            yield from faults(value, _resolve(rule, root), root, at)
        elif word not in _NOTES:
            yield from (f"{place or '/'}: {what}" for place, what in _RULES[word](value, rule, schema, root, at))


_Found = Iterator[tuple[str, str]]


def _resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (not isinstance(value, bool) or name == "boolean")


def _type(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    names = [rule] if isinstance(rule, str) else rule
    if not any(_is(value, name) for name in names):
        yield at, f"is not {' or '.join(names)}"


def _enum(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if value not in rule:
        yield at, f"{value!r} is none of {rule}"


def _pattern(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, str) and not re.search(rule, value):
        yield at, f"{value!r} does not match {rule}"


def _shortest(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, str | list) and len(value) < rule:
        yield at, f"is shorter than {rule}"


def _required(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, dict):
        yield from ((at, f"{name} is missing") for name in rule if name not in value)


def _properties(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, dict):
        for name, inner in rule.items():
            if name in value:
                yield from _inner(value[name], inner, root, f"{at}/{name}")


def _pattern_properties(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, dict):
        for pattern, inner in rule.items():
            for name in value:
                if re.search(pattern, name):
                    yield from _inner(value[name], inner, root, f"{at}/{name}")


def _additional(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, dict) and rule is False:
        patterns = schema.get("patternProperties", {})
        for name in value:
            if name not in schema.get("properties", {}) and not any(re.search(each, name) for each in patterns):
                yield at, f"{name} is not known"


def _items(value: Any, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _inner(each, rule, root, f"{at}/{number}")


def _inner(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> _Found:
    for line in faults(value, schema, root, at):
        place, _, what = line.partition(": ")
        yield place, what


_RULES: Mapping[str, Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any], str], _Found]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minLength": _shortest,
    "minItems": _shortest,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "items": _items,
}
