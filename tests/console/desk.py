"""The console as people see it: a gateway that runs, and a browser with a page of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Playwright, ViewportSize

from acceptance.outside import Outside

PATIENCE_MS = 15_000
PORTABLE: ViewportSize = {"width": 390, "height": 844}
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium(playwright: Playwright) -> str | None:
    """Where a Chromium is: the one named, one of the machine's, Playwright's own."""
    own = playwright.chromium.executable_path
    found = [os.environ.get("PARLANCE_CHROMIUM"), *map(shutil.which, _NAMES), own if Path(own).exists() else None]
    return next(filter(None, found), None)


def add_sender(town: Outside, number: str, **more: Any) -> dict[str, Any]:
    """Make a sandbox sender and give what is told of it once."""
    made: dict[str, Any] = town.call("POST", "/admin/v1/senders", json={"number": number, "carrier": "sandbox", **more})
    return made


def card(name: str, **more: Any) -> dict[str, Any]:
    return {"formatted": name, "phones": [{"phone": "+972 55-000-0333", "wa_id": "972550000333"}], **more}


@dataclass
class Desk:
    """A page of a gateway's console, logged in."""

    town: Outside
    page: Page

    @property
    def url(self) -> str:
        return str(self.town.facts["admin_url"]).removesuffix("/admin/v1")

    def open(self, path: str = "") -> Page:
        self.page.goto(f"{self.url}/console{path}")
        return self.page

    def phone(self, number: str, sender: str = "") -> Page:
        return self.open(f"/phone/{number}" + (f"?sender={sender}" if sender else ""))

    def live(self) -> None:
        """Wait until the page is told what happens."""
        self.page.locator("html[data-live=yes]").wait_for()

    def bubble(self, text: str) -> Locator:
        return self.page.locator("article.bubble").filter(has_text=text)

    def say(self, text: str) -> None:
        """Write as the customer."""
        self.page.get_by_label("Message", exact=True).fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()
        self.bubble(text).wait_for()
