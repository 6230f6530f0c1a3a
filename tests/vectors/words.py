"""Watches which words of a provider's tables are looked up."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class Watched(dict[Any, Any]):
    """A table that notes every entry it gives out in `seen`, by its path through the tables."""

    def __init__(self, table: Mapping[Any, Any], path: tuple[Any, ...], seen: set[tuple[Any, ...]]) -> None:
        super().__init__(
            {
                key: watch(value, (*path, key), seen) if isinstance(value, Mapping) else value
                for key, value in table.items()
            }
        )
        self._path = path
        self._seen = seen

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        self._note(key)
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        if key in self:
            self._note(key)
        return super().get(key, default)

    def items(self) -> Any:
        for key in self:
            self._note(key)
        return super().items()

    def values(self) -> Any:
        for key in self:
            self._note(key)
        return super().values()

    def _note(self, key: Any) -> None:
        self._seen.add((*self._path, key))


def watch(table: Mapping[Any, Any], path: tuple[Any, ...], seen: set[tuple[Any, ...]]) -> Watched:
    """Put a table, and the tables in it, under watch."""
    return Watched(table, path, seen)


def module_of(provider: str) -> ModuleType | None:
    """The provider's `words`, None when it has none."""
    name = f"parlance.providers.{provider}.words"
    return import_module(name) if find_spec(name) else None


def tables(module: ModuleType) -> dict[str, Mapping[Any, Any]]:
    """The tables of words: public, in capitals, from word to word."""
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, Mapping)
            and not name.startswith("_")}  # fmt: skip


def entries(table: Mapping[Any, Any], path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The path of every entry that is itself no table."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from entries(value, (*path, key))
        else:
            yield (*path, key)
