"""The overview: what to do first, and how it goes."""

from pathlib import Path

from playwright.sync_api import Page, expect

from acceptance.conftest import outside
from console.desk import Desk
from parlance.providers import discover

TITLES = [provider.title for provider in discover().values() if provider.dialect is not None]


def test_the_overview_says_what_to_do_first_and_then_how_it_goes(tmp_path: Path, page: Page) -> None:
    with outside(tmp_path / "data") as town:
        page.goto(town.facts["console_url"])
        _look(Desk(town, page), page)


def _look(desk: Desk, page: Page) -> None:
    expect(page.get_by_role("heading", name="Welcome: the first five minutes")).to_be_visible()
    group = page.get_by_role("group", name="API")
    for title in TITLES:
        group.get_by_role("button", name=title).click()
        expect(page.locator(".code pre").first).to_contain_text(f"'{desk.town.facts['url']}/")
    desk.town.staged(desk.town.send(desk.town.customer, "Counted"), "delivered")
    expect(page.get_by_text("Send a message", exact=True)).to_be_visible()
    sent = page.locator(".tile").filter(has_text="sent in this time").locator("strong")
    expect(sent).to_have_text("1")
    chart = page.locator("figure").filter(has_text="From accepted to delivered")
    chart.get_by_text("As a table").click()
    expect(chart.locator("tbody tr")).to_have_count(1)
    page.get_by_role("group", name="Span of time").get_by_role("button", name="24 hours").click()
    expect(sent).to_have_text("1")
