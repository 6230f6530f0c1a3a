"""How Sphinx makes a site of these pages; `make docs` runs it.

The pages are written to be read as they are, too. What Sphinx needs besides is little: a link that leads out of this
folder goes to the page that shows the same text, or to a copy of the file.
"""
# ruff: noqa: INP001, A001  (Sphinx loads this by path, and chose the names)

import re
import tomllib
from pathlib import Path

from sphinx.application import Sphinx

_ROOT = Path(__file__).parent.parent
_ABOUT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Parlance"
author = "The Parlance contributors"
copyright = author
version = release = _ABOUT["version"]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 4
myst_links_external_new_tab = True

html_theme = "furo"
html_title = f"Parlance {version}"
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False

_LINK = re.compile(r"\]\(([^)\s#]+\.md)(#[^)\s]*)?\)")
_PROVIDER = re.compile(r"src/parlance/providers/(\w+)/PROVIDER\.md")
_SHOWN = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    "tests/vectors/README.md": "vectors.md",
}


def _shown(file: str) -> str:
    """The page of this folder that shows a file from outside it; empty when none does."""
    if found := _PROVIDER.fullmatch(file):
        page = f"dialects/{found[1]}.md"
        return page if (_ROOT / "docs" / page).exists() else f"carriers/{found[1]}.md"
    return _SHOWN.get(file, file.removeprefix("docs/") if file.startswith("docs/") else "")


def _lead_inside(text: str, folder: Path) -> str:
    """Let the links of a text that stands in `folder` lead to pages, wherever it is shown."""

    def led(link: re.Match[str]) -> str:
        target = (folder / link[1]).resolve()
        if "://" in link[1] or not target.is_relative_to(_ROOT):
            return link[0]
        shown = _shown(target.relative_to(_ROOT).as_posix())
        if not shown:
            return link[0]
        return f"](/{shown}{link[2] or ''})"

    return _LINK.sub(led, text)


def setup(app: Sphinx) -> None:
    """Hook in what leads links inside."""

    def read(_: Sphinx, name: str, content: list[str]) -> None:
        content[0] = _lead_inside(content[0], Path(app.srcdir, name).parent)

    def included(_: Sphinx, path: Path, _name: str, content: list[str]) -> None:
        content[0] = _lead_inside(content[0], Path(app.srcdir, path).resolve().parent)

    app.connect("source-read", read)
    app.connect("include-read", included)
