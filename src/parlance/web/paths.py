"""Finding what serves a path: a tree of path segments, built once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
Params: TypeAlias = dict[str, str]

_PART = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class _Node(Generic[T]):
    """What may follow one segment: words, words in any case, and shapes with named parts. `verbs`: what ends here."""

    words: dict[str, "_Node[T]"] = field(default_factory=dict)
    folded: dict[str, "_Node[T]"] = field(default_factory=dict)
    shapes: dict[str, tuple[Pattern[str], "_Node[T]"]] = field(default_factory=dict)
    verbs: dict[str, T] = field(default_factory=dict)


class Paths(Generic[T]):
    """Paths with parts in braces, and what serves each verb of them. A part never spans a slash and is never empty."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, verb: str, path: str, served: T, *, ignore_case: bool = False) -> None:
        """Add a path; with `ignore_case` its words match in any case and one slash may follow it.

        Raises `ValueError` when this verb of this very path is served already.
        """
        self._add(verb, path, served, ignore_case=ignore_case)
        if ignore_case:
            self._add(verb, f"{path}/", served, ignore_case=True)

    def _add(self, verb: str, path: str, served: T, *, ignore_case: bool) -> None:
        node = self._root
        for segment in path.split("/"):
            node = _descend(node, segment, ignore_case=ignore_case)
        if verb in node.verbs:
            raise ValueError(f"{verb} {path} is served twice")
        node.verbs[verb] = served

    def find(self, path: str) -> Iterator[tuple[dict[str, T], Params]]:
        """Every way in which the path is known, the most literal first: its verbs, and its named parts."""
        return _walk(self._root, path.split("/"), 0, {})


def _descend(node: _Node[T], segment: str, *, ignore_case: bool) -> _Node[T]:
    if not _PART.search(segment):
        if ignore_case:
            return node.folded.setdefault(segment.lower(), _Node())
        return node.words.setdefault(segment, _Node())
    # Even places hold literal text, odd ones the names of parts.
    pieces = _PART.split(segment)
    shape = "".join(f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    pattern = re.compile(shape, re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))
    return node.shapes.setdefault(f"{pattern.flags}{shape}", (pattern, _Node()))[1]


def _walk(node: _Node[T], segments: Sequence[str], place: int, params: Params) -> Iterator[tuple[dict[str, T], Params]]:
    if place == len(segments):
        if node.verbs:
            yield node.verbs, params
        return
    segment = segments[place]
    if (following := node.words.get(segment)) is not None:
        yield from _walk(following, segments, place + 1, params)
    if node.folded and (following := node.folded.get(segment.lower())) is not None:
        yield from _walk(following, segments, place + 1, params)
    for pattern, after in node.shapes.values():
        if (match := pattern.fullmatch(segment)) is not None:
            yield from _walk(after, segments, place + 1, params | match.groupdict())
