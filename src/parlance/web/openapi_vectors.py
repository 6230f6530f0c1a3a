"""The exchanges recorded in a provider's folder, as far as the document shows them: examples and kinds of answers."""

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from parlance.contract.provider import Dialect
from parlance.model.value import dataclass

_SIDE = "client→us"
_PRINTED = "vendor page"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange of a client with us.

    `sent` and `answered` are its request and reply as they stand in the file; of a variant only what names the
    endpoint and the answer's status and form is exact, and `shown` is false. `refused`: the answer says no.
    """

    about: str
    sent: Mapping[str, Any]
    answered: Mapping[str, Any]
    refused: bool
    shown: bool

    @property
    def media(self) -> str:
        """The answer's media type without its parameters, empty where it has none."""
        return media_of(self.answered)


def media_of(shape: Mapping[str, Any]) -> str:
    """The media type of a request or reply without its parameters, empty where it names none."""
    return str(shape.get("headers", {}).get("content-type", "")).partition(";")[0].strip().lower()


def value_of(shape: Mapping[str, Any]) -> Any:
    """The body of a request or reply as an example; None where it has none that can be shown."""
    return shape["json"] if "json" in shape else shape.get("text")


def page_of(dialect: Dialect) -> str:
    """The page of the provider whose dialect this is, empty when it has none."""
    folder = _folder(dialect)
    page = folder / "PROVIDER.md" if folder else None
    return page.read_text(encoding="utf-8") if page is not None and page.is_file() else ""


def recorded(dialect: Dialect) -> tuple[Recorded, ...]:
    """Every exchange of clients with this dialect: those of the vendor's own pages first, refusals last."""
    folder = _folder(dialect)
    return _read(folder / "vectors") if folder else ()


def _folder(dialect: Dialect) -> Traversable | None:
    package = sys.modules[type(dialect).__module__].__package__
    return files(package) if package else None


def _read(folder: Traversable) -> tuple[Recorded, ...]:
    if not folder.is_dir():
        return ()
    found: list[tuple[bool, bool, str, Mapping[str, Any]]] = []
    for file in folder.iterdir():
        if not file.name.endswith(".json"):
            continue
        vector = json.loads(file.read_text(encoding="utf-8"))
        if _SIDE in vector["side"] and vector.get("request") and vector.get("reply"):
            canonical = vector.get("canonical", {})
            refused = "refusal" in canonical or "refusals" in canonical
            found.append((refused, vector["source"]["kind"] != _PRINTED, file.name, vector))
    found.sort(key=lambda each: each[:3])
    return tuple(one for refused, _, _, vector in found for one in _versions(vector, refused=refused))


def _versions(vector: Mapping[str, Any], *, refused: bool) -> Iterator[Recorded]:
    """The exchange itself, then its variants."""
    sent, answered = vector["request"], vector["reply"]
    yield Recorded(vector["about"], sent, answered, refused, shown=True)
    for variant in vector.get("variants", ()):
        changes = variant.get("set", {})
        yield Recorded(
            variant["about"],
            _changed(sent, changes, "request", ("method", "url")),
            _changed(answered, changes, "reply", ("status", "headers")),
            refused,
            shown=False,
        )


def _changed(shape: Mapping[str, Any], changes: Mapping[str, Any], part: str, names: tuple[str, ...]) -> dict[str, Any]:
    whole = {**shape, **changes.get(f"/{part}", {})}
    return whole | {name: changes[f"/{part}/{name}"] for name in names if f"/{part}/{name}" in changes}
