"""Webhooks: adding one, seeing how it fares, what was given up, telling again."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from acceptance.receiver import Receiver, receiving
from console.desk import PORTABLE, Desk, add_sender
from parlance.providers import discover

DIALECT, TITLE = next((name, each.title) for name, each in sorted(discover().items()) if each.dialect is not None)
SECRET = "never-to-be-seen"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def subscription(page: Page, url: str) -> Locator:
    return page.locator(".subscription").filter(has_text=url)


def written(desk: Desk, sender: str, number: str) -> None:
    desk.town.call("POST", f"/sandbox/v1/phones/{number}/messages", json={"to": sender, "text": "Hi"})


def test_a_webhook_is_added_told_changed_and_removed(desk: Desk, receiver: Receiver) -> None:
    made = add_sender(desk.town, "972770008001", name="Florist")
    page = desk.open("/webhooks")
    page.get_by_role("button", name="Add a webhook").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Sender", exact=True).fill("+972770008001")
    dialog.get_by_label("Address").fill(receiver.url)
    dialog.get_by_label("In the words of").select_option(DIALECT)
    dialog.get_by_text("Signing").click()
    dialog.get_by_label("Secret", exact=True).fill(SECRET)
    dialog.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("dialog", name="The webhook is set")).to_contain_text(made["webhook_secret"])
    page.get_by_role("button", name="Close").click()
    card = subscription(page, receiver.url)
    expect(card).to_contain_text("Nothing yet")
    expect(card).to_contain_text("signed")
    expect(card.get_by_role("link", name="Florist")).to_be_visible()
    written(desk, made["id"], "972550008001")
    receiver.take(1)
    expect(card).to_contain_text("Works")
    assert SECRET not in page.content()
    attempt = page.locator(".delivery").filter(has_text="972550008001")
    expect(attempt).to_contain_text("A customer wrote")
    expect(attempt.locator("[data-state]")).to_have_attribute("data-state", "done")
    attempt.get_by_role("button", name="Show the request").click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text(f"POST {receiver.url}")
    page.get_by_role("button", name="Close").click()
    attempt.get_by_role("button", name="Tell again").click()
    receiver.take(1)
    card.get_by_role("button", name="Change").click()
    dialog.get_by_label("A customer wrote").uncheck()
    dialog.get_by_role("button", name="All of the sender’s").click()
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("statuses of all its messages")
    (found,) = [each for each in desk.town.listed("subscriptions", sender=made["id"]) if each["url"]]
    assert ("message.received" in found["events"], found["statuses"], found["signed"]) == (False, "all", True)
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(card).to_have_count(0)


def test_what_a_receiver_does_not_take_waits_and_is_told_again_by_filter(desk: Desk, receiver: Receiver) -> None:
    made = add_sender(desk.town, "972770008010", name="Out of order")
    receiver.status = 500
    hook = {"sender": made["id"], "url": receiver.url, "dialect": DIALECT}
    made_hook = desk.town.call("POST", "/admin/v1/subscriptions", json=hook)
    written(desk, made["id"], "972550008010")
    page = desk.open(f"/webhooks?sender={made['id']}")
    card = subscription(page, receiver.url)
    expect(card).to_contain_text("Failing")
    expect(card).to_contain_text("500")
    expect(card).to_contain_text("1 waiting")
    expect(page.locator(".delivery")).to_contain_text("answered 500")
    states = page.get_by_role("group", name="State")
    states.get_by_role("button", name="Given up").click()
    expect(page.get_by_text("Nothing was given up.")).to_be_visible()
    states.get_by_role("button", name="Waiting").click()
    receiver.status = 200
    receiver.told.clear()
    page.locator(".delivery").get_by_role("button", name="Tell again").click()
    (told,) = receiver.take(1)
    assert "972550008010" in json.dumps(told.json)
    expect(card).to_contain_text("Works")
    card.get_by_role("button", name="Attempts").click()
    expect(page).to_have_url(re.compile(f"subscription={made_hook['id']}"))
    page.get_by_role("button", name="Tell again…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(receiver.url)
    dialog.get_by_role("button", name="Those told before").click()
    dialog.get_by_role("button", name="Tell again").click()
    expect(page.get_by_text("1 webhook will be told again")).to_be_visible()
    receiver.take(1)


def test_nothing_fits_is_said(desk: Desk) -> None:
    made = add_sender(desk.town, "972770008020")
    page = desk.open(f"/webhooks?sender={made['id']}")
    page.get_by_role("button", name="Tell again…").click()
    page.get_by_role("dialog").get_by_role("button", name="Tell again").click()
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    page.get_by_role("button", name="Add a webhook").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Sender", exact=True).fill("972779999999")
    dialog.get_by_label("Address").fill("https://example.com/")
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no such sender.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_nothing_is_wider_than_a_small_screen(desk: Desk, receiver: Receiver) -> None:
    made = add_sender(desk.town, "972770008030", name="N" * 200)
    hook = {"sender": made["id"], "url": f"{receiver.url}/{'x' * 200}", "dialect": DIALECT}
    desk.town.call("POST", "/admin/v1/subscriptions", json=hook)
    written(desk, made["id"], "972550008030")
    receiver.take(1)
    desk.page.set_viewport_size(PORTABLE)
    page = desk.open("/webhooks")
    page.locator(".delivery").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PORTABLE["width"]
