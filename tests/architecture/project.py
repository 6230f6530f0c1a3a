"""The project's own files, as these tests read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "parlance"
PROVIDERS = SOURCE / "providers"

_LEFT_OUT = {"__pycache__", "_build", "build", "data", "dist", "node_modules"}
_KEPT = {".ci", ".github", ".gitignore"}


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.name
        if name in _LEFT_OUT or name.endswith(".egg-info") or (name.startswith(".") and name not in _KEPT):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


@dataclass(frozen=True)
class File:
    """One text file; `name` is its path from the project's folder."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)


@cache
def files() -> tuple[File, ...]:
    """Every text file that belongs to the project; what tools and runs leave behind does not."""
    found = []
    for path in _walk(ROOT):
        data = path.read_bytes()
        if b"\0" not in data:
            found.append(File(path, data.decode()))
    return tuple(found)


def modules(folder: Path = SOURCE) -> tuple[File, ...]:
    """Every Python module below a folder."""
    return tuple(file for file in files() if file.path.suffix == ".py" and file.path.is_relative_to(folder))
