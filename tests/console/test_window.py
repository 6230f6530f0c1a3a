"""Write back opens the window; the clock shuts it, and the next send is refused."""

import re
from typing import Any

from playwright.sync_api import expect

from console.desk import Desk, add_sender
from parlance.providers import discover


def _send(desk: Desk, made: dict[str, Any], number: str) -> bool:
    """Send a text by the first dialect that says at once what it refuses; whether it was taken."""
    name, dialect = next((name, each.dialect) for name, each in sorted(discover().items()) if each.dialect)
    request = dialect.example(made["credentials"][name], number)[0]
    said = desk.town.http.request(request.method, request.url, content=request.body, headers=request.headers)
    return "parlance-message-id" in said.headers


def test_the_clock_shuts_the_window_and_writing_back_opens_it(desk: Desk) -> None:
    number = "972550003001"
    made = add_sender(desk.town, "972770003001", name="Bakery")
    page = desk.phone(number)
    assert not _send(desk, made, number)
    page.get_by_role("link", name="Bakery").click()
    expect(page.get_by_text("Window never opened")).to_be_visible()
    desk.say("Are you open?")
    expect(page.get_by_text(re.compile("Window open: 23 h 59 min left|Window open: 1 d left"))).to_be_visible()
    assert _send(desk, made, number)
    expect(desk.bubble("Hello from Parlance")).to_have_attribute("data-stage", "read")
    page.get_by_label("Whose clock").select_option(label="Only Bakery")
    page.get_by_role("button", name="+23 h 59 min").click()
    expect(page.locator("#clock-chip")).to_contain_text("+23 h 59 min")
    expect(page.get_by_text(re.compile("Window open: [0-9.]+ s left"))).to_be_visible()
    assert _send(desk, made, number)
    page.get_by_role("button", name="+1 min").click()
    expect(page.get_by_text("Window closed")).to_be_visible()
    assert not _send(desk, made, number)
    desk.say("Still there?")
    expect(page.get_by_text("Window open: ")).to_be_visible()
    assert _send(desk, made, number)
    page.locator("#clock-chip").get_by_role("button", name="Set back").click()
    expect(page.locator("#clock-chip")).to_be_hidden()


def test_a_moved_clock_is_in_sight_on_every_page(desk: Desk) -> None:
    made = add_sender(desk.town, "972770003002")
    desk.town.call("POST", "/sandbox/v1/clock", json={"advance_seconds": 7_200, "sender": made["id"]})
    for path in ("", "/phone", "/phone/972550003002", "/try"):
        desk.open(path)
        expect(desk.page.locator("#clock-chip")).to_contain_text("+2 h")
    desk.page.locator("#clock-chip").get_by_role("button", name="Set back").click()
    expect(desk.page.locator("#clock-chip")).to_be_hidden()
    assert desk.town.call("GET", "/sandbox/v1/clock", params={"sender": made["id"]})["offset_seconds"] == 0
