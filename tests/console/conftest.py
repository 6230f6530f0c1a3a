"""A live gateway and a real browser before it."""

import os
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from acceptance.conftest import outside
from acceptance.outside import Outside
from console.desk import PATIENCE_MS, Desk, find_chromium

MISSING = "no Chromium was found: name one in PARLANCE_CHROMIUM, or install chromium"


@pytest.fixture(scope="module")
def _playwright() -> Iterator[Playwright]:
    """The browsers' driver. While it lives, no async test can run in this process: modules have either, never both."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(_playwright: Playwright) -> Iterator[Browser]:
    path = find_chromium(_playwright)
    if path is None:
        if os.environ.get("PARLANCE_BROWSER") == "required":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE_MS)
    # A sandbox needs rights that containers and root do not have.
    started = _playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
    yield started
    started.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """One gateway for all tests; each uses phones of its own, and a sender of its own where it moves a clock."""
    with outside(tmp_path_factory.mktemp("console") / "data") as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that nobody is logged in with; what breaks on it breaks the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    faults: list[Error] = []
    context.on("weberror", lambda found: faults.append(found.error))
    yield context.new_page()
    context.close()
    assert faults == []


@pytest.fixture
def desk(town: Outside, page: Page) -> Desk:
    """A page of somebody who is logged in."""
    made = Desk(town, page)
    answer = httpx.post(
        f"{made.url}/console/login",
        data={"token": town.facts["admin_token"]},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303
    page.context.add_cookies(
        [{"name": name, "value": value, "url": f"{made.url}/console"} for name, value in answer.cookies.items()]
    )
    return made
