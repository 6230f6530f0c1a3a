"""Try it, the overview, and doing it all by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from acceptance.outside import Outside
from console.desk import PORTABLE, Desk
from parlance.providers import discover
from vectors.files import vectors

TITLES = {name: provider.title for name, provider in discover().items() if provider.dialect is not None}


@pytest.mark.parametrize("name", sorted(TITLES))
def test_a_recorded_request_of_each_dialect_is_sent_and_seen_arriving(desk: Desk, name: str) -> None:
    page = desk.open("/try")
    page.get_by_role("group", name="API").get_by_role("button", name=TITLES[name]).click()
    expect(page).to_have_url(re.compile(f"api={name}&"))
    page.get_by_role("button", name="Send", exact=True).first.click()
    answer = page.get_by_role("status", name="Answer")
    expect(answer.locator(".chip")).to_have_text(re.compile("^20[02] "))
    message = page.locator(".history li")
    expect(page.locator("[data-stage=read]").first).to_be_visible()
    expect(message.last).to_contain_text("Read")
    expect(page.locator(".phone-side article.bubble[data-stage=read]").last).to_be_in_viewport()


def test_a_request_can_be_changed_and_goes_to_the_phone_that_was_chosen(desk: Desk) -> None:
    number = "972550004001"
    desk.town.write(number, text="Hi")
    page = desk.open("/try")
    request = page.get_by_role("region", name="Request")
    body = request.get_by_label("Body")
    expect(body).to_have_value(re.compile(desk.town.customer))
    page.get_by_label("Phone that gets it").fill(number)
    page.get_by_label("Phone that gets it").blur()
    expect(body).to_have_value(re.compile(number))
    body.fill(re.sub(r'"formatted_name": "[^"]+"', '"formatted_name": "Changed by hand"', body.input_value()))
    request.get_by_role("button", name="Send").click()
    expect(page.locator(".phone-side .contact-name").last).to_have_text("Changed by hand")
    assert desk.town.wait(number, contains="Changed by hand")["type"] == "contacts"


def test_every_recorded_request_can_be_chosen_and_every_variant(desk: Desk) -> None:
    page = desk.open("/try")
    which, variant = page.get_by_role("combobox", name="Request"), page.get_by_role("combobox", name="Variant")
    expect(which).to_have_value(re.compile(".+"))
    names = which.locator("option").evaluate_all("all => all.map(each => each.value)")
    first = min(TITLES)
    assert sorted(names) == sorted({each.file.stem for each in vectors(first) if each.side == "client→us"})
    body = page.get_by_role("region", name="Request").get_by_label("Body")
    before = body.input_value()
    variant.select_option(index=1)
    expect(body).not_to_have_value(before)


def test_a_refusal_and_an_address_elsewhere_are_said(desk: Desk) -> None:
    page = desk.open("/try")
    request, answer = page.get_by_role("region", name="Request"), page.get_by_role("status", name="Answer")
    request.get_by_label("Headers").fill("content-type: application/json")
    request.get_by_role("button", name="Send").click()
    expect(answer.locator(".chip")).to_have_text(re.compile("^4"))
    expect(page.get_by_text("Nothing was stored.")).to_be_visible()
    request.get_by_label("Address").fill("https://example.org/")
    request.get_by_role("button", name="Send").click()
    expect(answer).to_contain_text("one of this gateway’s")


def test_the_keyboard_alone_logs_in_opens_a_chat_and_sends(town: Outside, page: Page) -> None:
    number = "972550004010"
    town.write(number, text="Hi")
    page.goto(f"{town.facts['url']}/console/phone/{number}")
    expect(page.get_by_label("Admin token")).to_be_focused()
    page.keyboard.type(town.facts["admin_token"])
    page.keyboard.press("Enter")
    page.locator("article.bubble").filter(has_text="Hi").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "Message")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    page.locator("article.bubble.own").filter(has_text="By keyboard").wait_for()
    [_, written] = town.call("GET", f"/sandbox/v1/phones/{number}/messages")
    assert written["text"] == "By keyboard"


def _tab_to(page: Page, label: str) -> None:
    for _ in range(40):
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {label}")


@pytest.mark.parametrize("path", ["", "/phone", "/phone/972550000222", "/try"])
def test_nothing_is_wider_than_a_small_screen(desk: Desk, path: str) -> None:
    desk.page.set_viewport_size(PORTABLE)
    desk.town.write(desk.town.customer, text="A_very_long_word_" * 30)
    page = desk.open(path)
    desk.live()
    assert page.evaluate("document.documentElement.scrollWidth") <= PORTABLE["width"]


def test_colours_are_chosen_and_kept(desk: Desk) -> None:
    page = desk.open()
    button = page.get_by_role("button", name="Colours")
    dark = "rgb(13, 19, 17)"
    for words, colour in (("light", "rgb(243, 245, 244)"), ("dark", dark)):
        button.click()
        expect(button).to_have_attribute("title", f"Colours: {words}")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == colour
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
