"""Reads vectors from the providers' folders; README.md says what stands in them."""

import base64
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from parlance.contract.provider import Provider
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers import discover

NOW = 1_788_000_000_000
"""The time of an exchange that names none (`context.now`), Unix milliseconds."""


@dataclass(frozen=True)
class Vector:
    """One exchange of one side: a file, or one of its variants, as it is played."""

    provider: Provider
    file: Path
    label: str
    side: str
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.provider.name}/{self.file.stem}{self.label}"

    @property
    def canonical(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document.get("canonical", {})
        return found

    @property
    def context(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document.get("context", {})
        return found

    @property
    def loose(self) -> tuple[str, ...]:
        return tuple(self.document.get("loose", ()))

    @property
    def now(self) -> int:
        return int(self.context.get("now", NOW))

    def request(self) -> WireRequest:
        """The request as one that reached us."""
        shape = self.document["request"]
        return WireRequest(
            shape["method"],
            shape["url"],
            shape.get("headers", {}),
            body_of(shape),
            received_at=self.now,
            request_id=self.context.get("request_id", "vector"),
        )


def body_of(shape: Mapping[str, Any]) -> bytes:
    """The body of a request or reply: `json`, `text`, `base64`, or none."""
    if "json" in shape:
        return json.dumps(shape["json"], ensure_ascii=False, separators=(",", ":")).encode()
    if "base64" in shape:
        return base64.b64decode(shape["base64"])
    return str(shape.get("text", "")).encode()


def response_of(shape: Mapping[str, Any]) -> WireResponse:
    """A reply as a value."""
    return WireResponse(shape["status"], body_of(shape), shape.get("headers", {}))


# ---- pointers (RFC 6901)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("/").split("/")]


def _child(value: Any, step: str) -> Any:
    return value[int(step)] if isinstance(value, list) else value[step]


def put(document: Any, pointer: str, value: Any) -> None:
    """Set what the pointer names; its parent must be there."""
    *path, last = _steps(pointer)
    for step in path:
        document = _child(document, step)
    document[int(last) if isinstance(document, list) else last] = deepcopy(value)


def drop(document: Any, pointer: str) -> None:
    """Remove what the pointer names, if it is there."""
    *path, last = _steps(pointer)
    try:
        for step in path:
            document = _child(document, step)
        del document[int(last) if isinstance(document, list) else last]
    except (KeyError, IndexError, TypeError, ValueError):
        return


# ---- files


@cache
def paths(provider: str) -> tuple[Path, ...]:
    """Everything in the provider's folder of vectors."""
    module = import_module(f"parlance.providers.{provider}")
    folder = Path(str(module.__file__)).parent / "vectors"
    return tuple(sorted(folder.rglob("*"))) if folder.is_dir() else ()


def documents(provider: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every file with what stands in it."""
    for path in paths(provider):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def versions(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The exchange itself, then its variants, each with a label."""
    plain = {name: value for name, value in document.items() if name != "variants"}
    yield "", plain
    for variant in document.get("variants", ()):
        changed = deepcopy(plain)
        for pointer in variant.get("without", ()):
            drop(changed, pointer)
        for pointer, value in variant.get("set", {}).items():
            put(changed, pointer, value)
        yield f"[{variant['about']}]", changed


@cache
def vectors(provider: str) -> tuple[Vector, ...]:
    """Every exchange of one provider, once for each of its sides."""
    found, own = [], discover()[provider]
    for path, document in documents(provider):
        for label, version in versions(document):
            side = version["side"]
            sides = [side] if isinstance(side, str) else side
            found += [Vector(own, path, label, each, version) for each in sides]
    return tuple(found)
