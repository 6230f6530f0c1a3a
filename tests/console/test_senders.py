"""Senders: adding one, its routes, keys, settings and windows, holding and removing it; accounts and templates."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from acceptance.outside import Outside
from console.desk import PORTABLE, Desk, add_sender
from parlance.contract.vendor import Checks
from parlance.providers import discover

PROVIDERS = discover()
DIALECTS = {name: each.title for name, each in PROVIDERS.items() if each.dialect is not None}
VENDOR = next(name for name, each in sorted(PROVIDERS.items()) if isinstance(each.carrier, Checks))
NOWHERE = "http://127.0.0.1:9"
SECRET = "never-to-be-seen-again"


def vendor_settings() -> dict[str, str]:
    """Settings of a vendor that nobody answers for."""
    carrier = PROVIDERS[VENDOR].carrier
    assert carrier is not None
    needed = {each.name: SECRET if each.secret else "1" for each in carrier.settings if each.required}
    return needed | {each.name: NOWHERE for each in carrier.settings if each.kind == "url"}


def route_of(page: Page, carrier: str) -> Locator:
    return page.locator(f'.route[data-carrier="{carrier}"]')


def shown(town: Outside, sender_id: str) -> dict[str, Any]:
    found: dict[str, Any] = town.call("GET", f"/admin/v1/senders/{sender_id}")
    return found


def test_a_sender_is_added_and_its_curl_works_for_every_dialect(desk: Desk) -> None:
    number, town = "972550007001", desk.town
    page = desk.open("/senders")
    page.get_by_role("link", name="Add a sender").click()
    page.get_by_label("Number").fill("+972 77 000 7001")
    page.get_by_label("Name", exact=True).fill("מאפייה")
    page.get_by_label("Account").fill("bakers")
    page.get_by_role("button", name="Add the sender").click()
    expect(page.get_by_role("heading", name="+972770007001 is ready")).to_be_visible()
    expect(page.get_by_text("These credentials are shown this once.")).to_be_visible()
    group = page.get_by_role("group", name="API")
    for title in DIALECTS.values():
        group.get_by_role("button", name=title).click()
        expect(page.locator(".code pre").first).to_contain_text(f"'{desk.url}/")
        expect(page.locator(".credentials .ids code").first).not_to_be_empty()
    kept = json.loads(page.evaluate("sessionStorage.getItem('parlance.keys')"))
    assert kept["sender"] == "972770007001"
    (made,) = town.listed("senders", number="972770007001")
    assert (made["name"], made["account"]) == ("מאפייה", "bakers")
    town.call("POST", f"/sandbox/v1/phones/{number}/messages", json={"to": made["id"], "text": "Hi"})
    for name, fields in kept["credentials"].items():
        dialect = PROVIDERS[name].dialect
        assert dialect is not None
        request = dialect.example(fields, number)[0]
        assert town.http.request(request.method, request.url, content=request.body, headers=request.headers).is_success
    page.get_by_role("link", name="Try it with them").click()
    expect(page).to_have_url(re.compile("/console/try"))


def test_what_is_wrong_with_a_new_sender_is_said(desk: Desk) -> None:
    page = desk.open("/senders/new")
    page.get_by_label("Number").fill("12")
    page.get_by_role("button", name="Add the sender").click()
    expect(page.get_by_role("alert")).to_contain_text("A number has 7 to 15 digits")
    page.get_by_label("Number").fill("972770007002")
    page.get_by_text("Take over credentials").click()
    page.get_by_label("One a line").fill("no sign")
    page.get_by_role("button", name="Add the sender").click()
    expect(page.get_by_role("alert")).to_contain_text("dialect.field=value")
    page.get_by_label("Carrier", exact=True).select_option(VENDOR)
    for name in vendor_settings():
        expect(page.locator(f'form [name="{name}"]')).to_have_count(1)
    assert desk.town.listed("senders", number="972770007002") == []


def test_the_list_tells_in_words_how_senders_fare(desk: Desk) -> None:
    made = add_sender(desk.town, "972770007010", name="Night desk")
    desk.town.call("PATCH", f"/admin/v1/senders/{made['id']}", json={"held": "closed till morning"})
    page = desk.open("/senders")
    item = page.locator(".sender-item").filter(has_text="Night desk")
    expect(item).to_contain_text("Held")
    expect(item).to_contain_text("Nothing leaves: closed till morning")
    page.get_by_label("Find a sender").fill("night")
    expect(page.locator(".sender-item")).to_have_count(1)
    item.click()
    page.get_by_role("button", name="Release").first.click()
    expect(page.locator(".page-head [data-condition]")).to_have_attribute("data-condition", "new")
    page.get_by_role("button", name="Hold").first.click()
    page.get_by_role("dialog").get_by_label("Why").fill("again")
    page.get_by_role("dialog").get_by_role("button", name="Hold it").click()
    expect(page.locator(".notice")).to_contain_text("again")
    assert shown(desk.town, made["id"])["held"] == "again"


def test_a_vendors_route_is_set_checked_and_told_from_its_health(desk: Desk) -> None:
    town = desk.town
    made = add_sender(town, "972770007020", name="Mill")
    page = desk.open(f"/senders/{made['id']}")
    page.get_by_role("button", name="Set a route").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Carrier").select_option(VENDOR)
    if dialog.get_by_text("More settings").count():
        dialog.get_by_text("More settings").click()
    for name, value in vendor_settings().items():
        dialog.locator(f'[name="{name}"]').fill(value)
    for box in dialog.get_by_role("checkbox").all():
        box.uncheck()
    dialog.get_by_role("button", name="Set the route").click()
    route = route_of(page, VENDOR)
    expect(route).to_contain_text("Active")
    expect(route).to_contain_text("set, never shown")
    found = next(each for each in shown(town, made["id"])["routes"] if each["carrier"] == VENDOR)
    expect(route.locator(".address")).to_contain_text(found["callback_url"])
    expect(route).to_contain_text("nothing was heard yet")
    assert SECRET not in page.content()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    route.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == found["callback_url"]
    route.get_by_role("button", name="Check").click()
    expect(route.locator(".check-result")).to_contain_text("The vendor could not be reached")
    number = "972550007020"
    rows = [{"customer": number, "last_message_at": "2026-01-01T00:00:00Z"}]
    assert town.call("POST", f"/admin/v1/senders/{made['id']}/windows", json={"rows": rows}) == {"opened": 1}
    town.call("POST", "/admin/v1/templates", json={"name": "mill", "language": "en", "body": "Hi"})
    body = {"sender": made["id"], "to": number, "type": "template", "template": {"name": "mill", "language": "en"}}
    town.call("POST", "/admin/v1/messages", json=body)
    expect(route.locator("[data-condition]")).to_have_attribute("data-condition", "degraded")
    expect(route).to_contain_text("1 of the last 1 message got no answer")
    route_of(page, "sandbox").get_by_role("button", name="Make it active").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it active").click()
    expect(route_of(page, "sandbox")).to_contain_text("Active")
    route.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(route).to_have_count(0)


def test_settings_of_a_route_change_and_its_secret_stays(desk: Desk) -> None:
    town = desk.town
    made = add_sender(town, "972770007030")
    routes = f"/admin/v1/senders/{made['id']}/routes"
    town.call("POST", routes, json={"carrier": VENDOR, "settings": vendor_settings(), "backup": True})
    page = desk.open(f"/senders/{made['id']}")
    route = route_of(page, VENDOR)
    expect(route).to_contain_text("Backup")
    route.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog")
    carrier = PROVIDERS[VENDOR].carrier
    assert carrier is not None
    url = next(each.name for each in carrier.settings if each.kind == "url")
    dialog.locator(f'[name="{url}"]').fill(f"{NOWHERE}/moved")
    dialog.get_by_role("button", name="Save").click()
    expect(route).to_contain_text(f"{NOWHERE}/moved")
    (found,) = [each for each in town.call("GET", routes)["items"] if each["carrier"] == VENDOR]
    secret = next(each.name for each in carrier.settings if each.secret and each.required)
    assert (found["settings"][secret], found["backup"], found["active"]) == ("***", True, False)
    route.get_by_role("button", name="Hold").click()
    page.get_by_role("dialog").get_by_label("Why").fill("no credit")
    page.get_by_role("dialog").get_by_role("button", name="Hold it").click()
    expect(route).to_contain_text("no credit")
    route.get_by_role("button", name="Release").click()
    expect(route.get_by_role("button", name="Hold")).to_be_visible()


def test_keys_are_rotated_with_grace_and_ended(desk: Desk) -> None:
    town = desk.town
    made = add_sender(town, "972770007040")
    name, title = next(iter(sorted(DIALECTS.items())))
    old = json.dumps(made["credentials"][name])
    page = desk.open(f"/senders/{made['id']}")
    keys = page.get_by_role("region", name="Keys")
    expect(keys.locator(".key-item")).to_have_count(len(DIALECTS))
    page.get_by_role("button", name="New keys").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make them").click()
    expect(dialog).to_contain_text("Choose at least one API.")
    dialog.get_by_label(title).check()
    dialog.get_by_role("button", name="Make them").click()
    once = page.get_by_role("dialog", name="Your new keys")
    expect(once).to_contain_text("shown this once")
    expect(once.locator(".ids code").first).to_be_visible()
    assert old != once.locator(".ids").first.text_content()
    once.get_by_role("button", name="Close").click()
    expect(keys.locator(".key-item")).to_have_count(len(DIALECTS) + 1)
    expect(keys.locator(".key-item").filter(has_text="ends ")).to_have_count(1)
    ending = keys.locator(".key-item").filter(has_text="ends ")
    ending.get_by_role("button", name="End this key").click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(keys.locator(".key-item")).to_have_count(len(DIALECTS))


def test_settings_by_api_and_windows_are_shown_and_changed(desk: Desk) -> None:
    number, town = "972550007050", desk.town
    made = add_sender(town, "972770007050")
    page = desk.open(f"/senders/{made['id']}")
    windows = page.get_by_role("region", name="Windows")
    expect(windows).to_contain_text("No customer has written yet.")
    town.call("POST", f"/sandbox/v1/phones/{number}/messages", json={"to": made["id"], "text": "Hi"})
    expect(windows.get_by_role("row").filter(has_text=number)).to_contain_text("23 h 59 min left")
    settings = page.get_by_role("region", name="Settings by API")
    for name, title in sorted(DIALECTS.items()):
        settings.get_by_role("group", name="API").get_by_role("button", name=title).click()
        document = town.call("GET", f"/admin/v1/senders/{made['id']}/settings/{name}")
        expect(settings.locator(".field")).to_have_count(len(document))
    url = next(each for each in document if re.search("url|inbound|profile", each, re.IGNORECASE))
    settings.get_by_label(url, exact=True).fill("https://hook.example.com/x")
    settings.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    assert town.call("GET", f"/admin/v1/senders/{made['id']}/settings/{name}")[url] == "https://hook.example.com/x"


def test_a_sender_is_removed_only_when_its_number_was_written(desk: Desk) -> None:
    made = add_sender(desk.town, "972770007060", name="Gone")
    page = desk.open(f"/senders/{made['id']}")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Gone soon")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gone soon")
    page.get_by_role("button", name="Remove").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove it").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label(re.compile("Write")).fill("972770007060")
    dialog.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", name="Senders", exact=True)).to_be_visible()
    assert desk.town.listed("senders", number="972770007060") == []
    desk.open(f"/senders/{made['id']}")
    expect(page.get_by_role("heading", name="There is no such sender.")).to_be_visible()


def test_accounts_have_credit_and_templates_are_written_and_removed(desk: Desk) -> None:
    town = desk.town
    page = desk.open("/accounts")
    page.get_by_role("button", name="Add an account").click()
    page.get_by_role("dialog").get_by_label("Name").fill("florists")
    page.get_by_role("dialog").get_by_role("button", name="Add it").click()
    account = page.locator(".account").filter(has_text="florists")
    expect(account).to_contain_text("no limit")
    account.get_by_role("button", name="Credit of florists").click()
    page.get_by_role("dialog").get_by_label("Messages left").fill("250")
    page.get_by_role("dialog").get_by_role("button", name="Set it").click()
    expect(account).to_contain_text("250 messages left")
    page.get_by_role("button", name="Add a template").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("order_ready")
    dialog.get_by_label("Language").fill("he")
    dialog.get_by_label("Account").fill("florists")
    dialog.get_by_label("Header", exact=True).select_option("text")
    dialog.get_by_label("Header text").fill("ההזמנה")
    dialog.get_by_label("Text", exact=True).fill("שלום {{1}}, *מוכן*.")
    dialog.get_by_role("button", name="Add a button").click()
    dialog.get_by_label("Text of the button").fill("בדרך")
    expect(dialog.locator(".template-look strong")).to_have_text("מוכן")
    dialog.get_by_role("button", name="Add it").click()
    card = page.locator(".template-grid article").filter(has_text="order_ready")
    expect(card).to_contain_text("בדרך")
    (made,) = town.listed("templates", account="florists")
    assert (made["header_text"], made["body"], made["language"]) == ("ההזמנה", "שלום {{1}}, *מוכן*.", "he")
    assert made["buttons"] == [{"type": "QUICK_REPLY", "text": "בדרך"}]
    card.get_by_role("button", name="Change").click()
    dialog.get_by_label("Footer").fill("תודה")
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("תודה")
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(card).to_have_count(0)
    page.get_by_label("Templates of which account").select_option("florists")
    expect(page.get_by_text("No template is registered for this account.")).to_be_visible()


@pytest.mark.parametrize("path", ["/senders", "/senders/new", "/senders/{id}", "/accounts"])
def test_nothing_is_wider_than_a_small_screen(desk: Desk, path: str) -> None:
    (demo,) = desk.town.listed("senders", number=desk.town.sender)
    desk.page.set_viewport_size(PORTABLE)
    page = desk.open(path.format(id=demo["id"]))
    page.locator(".sender-item, form, .key-item, .account").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PORTABLE["width"]


def test_pages_break_no_rule_of_their_own_and_fetch_nothing_from_outside(desk: Desk) -> None:
    (demo,) = desk.town.listed("senders", number=desk.town.sender)
    desk.town.write("972550007070", text="Hi")
    (message,) = desk.town.listed("messages", customer="972550007070")
    asked: list[str] = []
    said: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.on("console", lambda each: said.append(each.text) if each.type in {"error", "warning"} else None)
    paths = ("/messages", f"/messages/{message['id']}", "/senders", f"/senders/{demo['id']}", "/webhooks", "/accounts")
    for path in (*paths, "/senders/new"):
        desk.open(path)
        desk.live()
        desk.page.get_by_role("heading", level=1).wait_for()
        desk.page.wait_for_load_state("networkidle")
    assert {url.split("/console")[0] for url in asked} == {desk.url}
    assert said == []
