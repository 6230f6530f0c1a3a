"""Every message: the list, the search, one message with its history, and what can be done about it."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from acceptance.outside import Outside
from acceptance.receiver import Receiver, receiving
from console.desk import PORTABLE, Desk, add_sender, card
from parlance.providers import discover

DIALECT = next(name for name, provider in sorted(discover().items()) if provider.dialect is not None)
HOSTILE = '<img src=x onerror="document.title=1">'


def send(town: Outside, number: str, text: str, sender: str = "") -> str:
    body = {"sender": sender or town.sender, "to": number, "type": "text", "text": text}
    return str(town.call("POST", "/admin/v1/messages", json=body)["id"])


def row(page: Page, text: str) -> Locator:
    return page.locator(".message-row").filter(has_text=text)


def moments(page: Page) -> Locator:
    return page.locator(".timeline .moment")


def test_what_happens_appears_by_itself_and_changes_as_it_fares(desk: Desk) -> None:
    number = "972550006001"
    page = desk.open("/messages")
    desk.live()
    desk.town.write(number, text="שלום לכולם")
    expect(row(page, "שלום לכולם")).to_contain_text("Received")
    desk.town.behave(number, delivers="never")
    message_id = send(desk.town, number, "Under way")
    expect(row(page, "Under way")).to_contain_text("Sent")
    expect(row(page, "Under way")).to_have_attribute("href", f"/console/messages/{message_id}")
    texts = page.locator(".message-row .says").all_text_contents()
    assert texts.index("Under way") < texts.index("שלום לכולם")
    desk.town.behave(number, delivers="auto")
    send(desk.town, number, "And another")
    expect(row(page, "And another")).to_contain_text("Delivered")


def test_filters_find_and_stand_in_the_address(desk: Desk) -> None:
    number, other = "972550006010", "972550006011"
    desk.town.write(number, text="a Wombat 100%")
    desk.town.write(other, contacts=[card("Dr. Éva Wombat")])
    desk.town.staged(send(desk.town, other, "about a wombat"), "delivered")
    page = desk.open("/messages")
    search = page.get_by_label("Search in what messages say")
    search.fill("éVA wom")
    expect(page.locator(".message-row")).to_have_count(1)
    expect(page.locator(".message-row")).to_contain_text("Dr. Éva Wombat")
    search.fill("wombat")
    expect(page.locator(".message-row")).to_have_count(3)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Customer").fill("+972 55-000-6010")
    expect(page.locator(".message-row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"text=wombat&customer="))
    page.reload()
    expect(page.locator(".message-row")).to_have_count(1)
    expect(page.get_by_label("Customer")).to_have_value("+972 55-000-6010")
    page.get_by_label("Customer").fill("")
    page.get_by_label("Direction").select_option("out")
    expect(page.locator(".message-row .says")).to_have_text(["about a wombat"])
    page.get_by_label("Stage").select_option("failed")
    expect(page.get_by_text("No message fits.")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, "about a wombat")).to_be_visible()
    page.get_by_role("button", name="Filters").wait_for()
    page.get_by_label("Sender", exact=True).fill("972779999999")
    expect(page.get_by_role("alert")).to_contain_text("There is no such sender.")


def test_a_dialect_and_a_carrier_are_filters_too(desk: Desk) -> None:
    number = "972550006020"
    desk.town.write(number, text="platypus")
    provider = discover()[DIALECT]
    assert provider.dialect is not None
    request = provider.dialect.example(desk.town.facts["credentials"][DIALECT], number)[0]
    assert desk.town.http.request(request.method, request.url, content=request.body, headers=request.headers).is_success
    page = desk.open(f"/messages?customer={number}&dialect={DIALECT}")
    expect(page.locator(".message-row .says")).to_have_text(["Hello from Parlance"])
    page.get_by_label("API it came by").select_option("")
    page.get_by_label("Carrier").select_option("sandbox")
    expect(page.locator(".message-row")).to_have_count(2)
    vendor = next(name for name in sorted(discover()) if name != "sandbox")
    page.get_by_label("Carrier").select_option(vendor)
    expect(page.get_by_text("No message fits.")).to_be_visible()


def test_a_long_list_is_paged_and_walked_by_keyboard(desk: Desk) -> None:
    number = "972550006030"
    for place in range(70):
        desk.town.write(number, text=f"Number {place:02}")
    page = desk.open(f"/messages?customer={number}")
    rows = page.locator(".message-row")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Older messages").click()
    expect(rows).to_have_count(70)
    texts = page.locator(".message-row .says").all_text_contents()
    assert texts == [f"Number {place:02}" for place in reversed(range(70))]
    expect(page.get_by_text("That is all.")).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=f"From +{number}")).to_be_visible()
    page.get_by_role("link", name="All messages").click()
    expect(page).to_have_url(re.compile(f"customer={number}"))


def test_a_message_tells_its_whole_history(desk: Desk) -> None:
    with receiving() as receiver:
        _history(desk, receiver)


def _history(desk: Desk, receiver: Receiver) -> None:
    number, town = "972550006040", desk.town
    made = add_sender(town, "972770006040", name="Cake shop")
    hook = {"sender": made["id"], "url": receiver.url, "dialect": DIALECT, "statuses": "all"}
    town.call("POST", "/admin/v1/subscriptions", json=hook)
    first = town.call("POST", f"/sandbox/v1/phones/{number}/messages", json={"to": made["id"], "text": "Hi"})
    body = {
        "sender": made["id"],
        "to": number,
        "type": "text",
        "text": f"*Bold* {HOSTILE}",
        "quote": first["id"],
    }
    message_id = town.call("POST", "/admin/v1/messages", json=body)["id"]
    town.staged(message_id, "delivered")
    page = desk.open(f"/messages/{message_id}")
    expect(page.get_by_role("heading", name=f"To +{number}")).to_be_visible()
    said = page.get_by_role("region", name="Message")
    expect(said.locator("strong").first).to_have_text("Bold")
    expect(said).to_contain_text(HOSTILE)
    expect(said.get_by_role("link", name="Cake shop")).to_have_attribute("href", f"/console/senders/{made['id']}")
    accepted = moments(page).first
    expect(accepted).to_contain_text("Accepted by Admin API")
    expect(accepted).to_contain_text("window was open until")
    expect(accepted.get_by_role("link", name="an earlier message")).to_have_attribute(
        "href", f"/console/messages/{first['id']}"
    )
    expect(moments(page).filter(has_text="Try 1 by Sandbox: taken")).to_contain_text("HTTP 200")
    for word in ("Left", "Sent", "Delivered"):
        expect(moments(page).get_by_role("heading", name=word, exact=True)).to_be_visible()
    told = moments(page).filter(has_text="Webhook for “delivered”")
    expect(told).to_contain_text(receiver.url)
    expect(told.locator("[data-state]")).to_have_attribute("data-state", "done")
    told.get_by_role("button", name="Tell again").click()
    page.get_by_role("dialog").get_by_role("button", name="Tell again").click()
    expect(told.locator(".tries li")).to_have_count(2)


def test_raw_detail_is_shown_without_secrets(desk: Desk) -> None:
    number = "972550006050"
    desk.town.write(number, text="Hi")
    message_id = send(desk.town, number, "Raw and plain")
    page = desk.open(f"/messages/{message_id}")
    raw = page.get_by_role("region", name="Raw")
    raw.get_by_text("The request to Sandbox").click()
    expect(raw.locator("pre").first).to_contain_text("POST sandbox:/messages")
    expect(raw.locator("pre").first).to_contain_text("Raw and plain")
    expect(raw.locator("pre").first).to_contain_text('"token": "***"')
    raw.get_by_text("Its id in each API").click()
    expect(raw).to_contain_text(desk.town.message(message_id)["ids"][DIALECT])
    raw.get_by_text("The message as JSON").click()
    expect(raw.locator("pre").last).to_contain_text(f'"id": "{message_id}"')


def test_an_unsure_message_is_settled_by_hand(desk: Desk) -> None:
    number = "972556000504"
    desk.town.behave(number, delay_ms=3_600_000)
    desk.town.write(number, text="Hi")
    message_id = send(desk.town, number, "Who knows")
    desk.town.staged(message_id, "unsure")
    page = desk.open("/messages?stage=unsure")
    row(page, "Who knows").click()
    expect(page.locator("#waiting")).to_contain_text("it is looked at again")
    page.get_by_role("button", name="Settle it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("may have been sent or not")
    expect(dialog).to_contain_text("the customer gets it twice")
    dialog.get_by_label("It was not sent").check()
    dialog.get_by_role("button", name="Settle it").click()
    expect(page.locator(".page-head .stage")).to_have_text("Failed")
    expect(page.locator(".notice.bad")).to_contain_text("Whether the message left is not known.")
    assert desk.town.message(message_id)["failure"]["fault"] == "outcome_unknown"


def test_a_failed_message_is_sent_again_as_a_new_one_after_asking(desk: Desk) -> None:
    number = "972556000131"
    desk.town.write(number, text="Hi")
    body = {
        "sender": desk.town.sender,
        "to": number,
        "type": "contacts",
        "contacts": [card("Éva", birthday="1999-01-23")],
    }
    message_id = desk.town.call("POST", "/admin/v1/messages", json=body)["id"]
    desk.town.staged(message_id, "failed")
    page = desk.open(f"/messages/{message_id}")
    expect(page.locator(".notice.bad")).to_contain_text("131026")
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert len(desk.town.listed("messages", customer=number, direction="out")) == 1
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("dialog").get_by_role("button", name="Send it").click()
    expect(page).not_to_have_url(re.compile(message_id))
    expect(page.get_by_role("region", name="Message")).to_contain_text("1999-01-23")
    first, second = desk.town.listed("messages", customer=number, direction="out")
    assert page.url.endswith(second["id"])
    assert second["content"] == first["content"]


def test_a_message_that_waits_says_why(desk: Desk) -> None:
    number, town = "972550006060", desk.town
    made = add_sender(town, "972770006060", name="Closed")
    town.call("POST", f"/sandbox/v1/phones/{number}/messages", json={"to": made["id"], "text": "Hi"})
    town.call("PATCH", f"/admin/v1/senders/{made['id']}", json={"held": "stocktaking"})
    message_id = send(town, number, "Later", made["id"])
    page = desk.open(f"/messages/{message_id}")
    expect(page.locator("#waiting")).to_contain_text("The sender is held: stocktaking")
    expect(page.locator("#waiting")).to_contain_text("It expires at")
    town.call("PATCH", f"/admin/v1/senders/{made['id']}", json={"held": ""})
    expect(page.locator(".page-head .stage")).to_have_text("Delivered")
    expect(page.locator("#waiting")).to_have_count(0)


def test_a_message_behind_one_of_its_chat_leads_to_it(desk: Desk) -> None:
    number, town = "972556000503", desk.town
    town.write(number, text="Hi")
    first, second = send(town, number, "One"), send(town, number, "Two")
    page = desk.open(f"/messages/{second}")
    page.locator("#waiting").get_by_role("link", name="An earlier message of this chat").click()
    expect(page).to_have_url(re.compile(first))
    expect(page.locator("#waiting")).to_contain_text("the next try is at")
    expect(moments(page).filter(has_text="did not leave, to be tried again").first).to_be_visible()


def test_no_such_message_is_said(desk: Desk) -> None:
    page = desk.open("/messages/0000000000000001")
    expect(page.get_by_role("heading", name="There is no such message.")).to_be_visible()


@pytest.mark.parametrize("path", ["/messages", "/messages/{id}"])
def test_nothing_is_wider_than_a_small_screen(desk: Desk, path: str) -> None:
    number = "972550006070"
    desk.page.set_viewport_size(PORTABLE)
    desk.town.write(number, text="A_very_long_word_" * 30)
    message_id = send(desk.town, number, "https://example.com/" + "x" * 300)
    page = desk.open(path.format(id=message_id))
    desk.live()
    page.get_by_text(re.compile("example.com")).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PORTABLE["width"]


def test_a_search_that_found_nothing_says_how_far_it_looked_and_goes_on(desk: Desk) -> None:
    looks: list[str] = []

    def answer(route: Route) -> None:
        url = route.request.url
        found: dict[str, object] = {"items": [], "next": None, "looked_to": None}
        if "text=rare" not in url:
            route.continue_()
            return
        # What is new is asked for as well, from the start.
        if "after=" in url or not looks:
            looks.append(url)
            left = 12 - len(looks)
            if left:
                found |= {"next": f"{left:016x}", "looked_to": 1_767_225_600_000 + left * 60_000}
        route.fulfill(json=found)

    page = desk.open("/messages")
    desk.live()
    page.route("**/admin/v1/messages?*", answer)
    page.get_by_label("Search in what messages say").fill("rare")
    expect(page.get_by_text(re.compile("Nothing found back to .*1 Jan.*, 00:04"))).to_be_visible()
    assert len(looks) == 8
    assert looks[1].endswith("after=000000000000000b")
    page.get_by_role("button", name="Look further back").click()
    expect(page.get_by_text("No message fits.")).to_be_visible()
    assert len(looks) == 12
