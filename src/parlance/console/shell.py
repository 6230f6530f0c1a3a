"""The frame around every page: header, navigation, and the place where the page's own script works."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from parlance.console.parts import address, parts
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of page.

    `path` is its address, parts in braces; `script` the module below `static/pages` that fills it, with a style sheet
    of the same name beside it where there is one. `icon` names a symbol of `static/icons.svg`. A page whose `nav` is
    empty does not stand in the navigation; `under` is the address of the one that does in its place.
    """

    path: str
    script: str
    title: str
    nav: str = ""
    icon: str = ""
    under: str = ""


PAGES = (
    Page("/console", "overview", "Overview", nav="Overview", icon="overview"),
    Page("/console/phone", "phones", "Phones", nav="Phones", icon="phone"),
    Page("/console/phone/{number}", "phone", "Phone", under="/console/phone"),
    Page("/console/messages", "messages", "Messages", nav="Messages", icon="messages"),
    Page("/console/messages/{id}", "message", "Message", under="/console/messages"),
    Page("/console/senders", "senders", "Senders", nav="Senders", icon="senders"),
    Page("/console/senders/new", "newsender", "Add a sender", under="/console/senders"),
    Page("/console/senders/{id}", "sender", "Sender", under="/console/senders"),
    Page("/console/accounts", "accounts", "Accounts and templates", under="/console/senders"),
    Page("/console/webhooks", "webhooks", "Webhooks", nav="Webhooks", icon="webhooks"),
    Page("/console/try", "try", "Try it", nav="Try it", icon="try"),
)
"""Every page; those of the navigation in its order."""

LOGIN_PAGE = Page("/console/login", "login", "Log in")
MISSING = Page("", "missing", "Not found")
"""What stands where there is no page."""

THEMES = ("light", "dark")
_VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
THEME_COOKIE = "parlance_theme"


def page(of: Page, theme: str, facts: Mapping[str, Any]) -> str:
    """A page as HTML. `facts` are what its script is to know from the start; `theme` is empty for the system's own."""
    current = of.under or of.path
    links = "".join(
        f'<a href="{each.path}"{_current(each.path == current)}>{_icon(each.icon)}<span>{escape(each.nav)}</span></a>'
        for each in PAGES
        if each.nav
    )
    body = f"""<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<a class="brand" href="/console">{_icon("brand")}<span>Parlance</span></a>
<nav aria-label="Pages">{links}</nav>
<div class="bar-end">
<div id="clock-chip" hidden></div>
<button type="button" class="plain icon" id="theme" aria-label="Colours"></button>
<form method="post" action="/console/logout"><button class="plain icon" aria-label="Log out" title="Log out">\
{_icon("leave")}</button></form>
</div>
</header>
<main id="main" tabindex="-1"><noscript><p class="notice">The console needs JavaScript.</p></noscript></main>"""
    return _document(of, theme, facts, body, ("lib/frame.js",))


def login(theme: str, target: str, complaint: str = "") -> str:
    """The page that asks for the admin token; `target` is where it leads to."""
    said = f'<p class="notice bad" id="complaint" role="alert">{escape(complaint)}</p>' if complaint else ""
    described = ' aria-describedby="complaint" aria-invalid="true"' if complaint else ""
    body = f"""<main id="main" class="login">
<form method="post" action="/console/login" class="card">
<h1>{_icon("brand")} Parlance</h1>
<p>Paste the admin token. It stands in the file <code>admin-token</code> of the gateway’s data folder; \
<code>parlance dev</code> also prints it.</p>
{said}
<label for="token">Admin token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus{described}>
<input type="hidden" name="next" value="{escape(target)}">
<button class="main">Log in</button>
</form>
</main>"""
    return _document(LOGIN_PAGE, theme, {}, body, ())


def _document(of: Page, theme: str, facts: Mapping[str, Any], body: str, modules: tuple[str, ...]) -> str:
    colours = f' data-theme="{theme}"' if theme in THEMES else ""
    style = f"pages/{of.script}.css"
    sheets = ["base.css", *([style] if style in parts() else [])]
    head = "".join(f'<link rel="stylesheet" href="{address(each)}">\n' for each in sheets)
    head += "".join(
        f'<script type="module" src="{address(each)}"></script>\n' for each in (*modules, f"pages/{of.script}.js")
    )
    # "<" would let a text end the element that holds it.
    known = json.dumps({**facts, "icons": address("icons.svg")}).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en"{colours}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="{_VIEWPORT}">
<meta name="color-scheme" content="light dark">
<title>{escape(of.title)} · Parlance</title>
<link rel="icon" href="{address("brand.svg")}">
{head}</head>
<body class="page-{of.script}">
{body}
<script type="application/json" id="facts">{known}</script>
</body>
</html>
"""


def _icon(name: str) -> str:
    return f'<svg class="i" aria-hidden="true"><use href="{address("icons.svg")}#{name}"/></svg>'


def _current(here: bool) -> str:  # noqa: FBT001  the fact itself
    return ' aria-current="page"' if here else ""
