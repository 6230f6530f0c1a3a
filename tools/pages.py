"""Write those pages of the docs, and parts of pages, that the program itself knows best.

`python tools/pages.py` writes them; a test fails when they are not current. `tools/reference.py` writes settings and
commands likewise.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CollectorRegistry
from provider_pages import carrier_pages, comparison, dialect_pages, table

from parlance.web.admin import routes as admin_routes
from parlance.web.metrics import Metrics
from parlance.web.openapi_calls import call_of

if TYPE_CHECKING:
    from parlance.engine.house import Engine

DOCS = Path(__file__).parent.parent / "docs"
_PART = re.compile(r"(<!-- made by tools/pages\.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> Mapping[str, str]:
    """Every page that is made, whole or in part: its name below the docs' folder, and its text."""
    found = {f"dialects/{name}.md": text for name, text in dialect_pages()}
    found |= {f"carriers/{name}.md": text for name, text in carrier_pages()}
    found["decisions.md"] = decisions()
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if _PART.search(text):
            found[path.name] = _PART.sub(lambda part: f"{part[1]}\n{_PARTS[part[2]]()}\n{part[3]}", text)
    return found


def decisions() -> str:
    """The list of decisions."""
    lines = []
    for path in sorted((DOCS / "decisions").glob("*.md")):
        title = re.sub(r"^# (\d+)\. ", "", path.read_text(encoding="utf-8").partition("\n")[0])
        lines.append(f"{int(path.name[:4])}. [{title}](decisions/{path.name})\n")
    return (
        "# Why it is built so\n\n<!-- Made by tools/pages.py of the pages in decisions/. -->\n\n"
        "A decision has a page when a later reader would ask about it: context, decision, what it costs.\n\n"
        f"{''.join(lines)}\n```{{toctree}}\n:hidden:\n:glob:\n\ndecisions/*\n```\n"
    )


def calls() -> str:
    """Every call of the admin API."""
    # The calls are only named here, never made: there is no engine behind them.
    return _calls(admin_routes(cast("Engine", None), "", asyncio.Event()))


def _calls(routes: Any) -> str:
    rows = []
    for route in routes:
        said = call_of(route.endpoint)
        about = (inspect.getdoc(route.endpoint) or "").partition("\n")[0]
        query = said.query if said and isinstance(said.query, tuple) else ()
        asked = f"?{'=&'.join(query)}=" if query else ""
        path = route.path_format.replace("{id:path}", "{id}")
        rows += [[f"`{verb} {path}{asked}`", about] for verb in sorted(route.methods or ()) if verb != "HEAD"]
    return table(["call", "does"], rows)


def metrics() -> str:
    """Every figure that is measured."""
    registry = CollectorRegistry()
    Metrics(registry)
    rows = []
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append([f"`{name}`", family.type, family.documentation])
    return table(["figure", "kind", "what it is"], rows)


_PARTS: Mapping[str, Callable[[], str]] = {"calls": calls, "metrics": metrics, "carriers": comparison}


def main() -> None:
    """Write them."""
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"docs/{name}")


if __name__ == "__main__":
    main()
