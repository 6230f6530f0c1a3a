"""A phone: what comes to it, what is done on it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from console.desk import PORTABLE, Desk, card
from parlance.formats.vcard import read_cards
from parlance.providers import discover

DIALECTS = sorted(name for name, provider in discover().items() if provider.dialect is not None)
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;\'"'


@pytest.mark.parametrize("place", range(len(DIALECTS)), ids=DIALECTS)
def test_a_contact_sent_by_each_dialect_appears_with_its_profile_and_file(desk: Desk, place: int) -> None:
    name, number = DIALECTS[place], f"97255000200{place}"
    desk.town.write(number, text="Hi", name="Dana")
    desk.phone(number)
    desk.bubble("Hi").wait_for()
    dialect = discover()[name].dialect
    assert dialect is not None
    for request in dialect.example(desk.town.facts["credentials"][name], number):
        sent = desk.town.http.request(request.method, request.url, content=request.body, headers=request.headers)
        assert "parlance-message-id" in sent.headers, sent.text
    who = desk.town.wait(number, type="contacts")["contacts"][0]["formatted"]
    shown = desk.page.locator("article.bubble").filter(has=desk.page.locator(".contact"))
    expect(shown).to_have_attribute("data-stage", "read")
    expect(shown.locator(".contact-name")).to_have_text(who)
    expect(shown.get_by_role("img", name="Read")).to_be_visible()
    shown.get_by_role("button", name=f"Profile of {who}").click()
    expect(desk.page.get_by_role("dialog")).to_contain_text(who)
    with desk.page.expect_download() as download:
        desk.page.get_by_role("dialog").get_by_role("link", name="Save contact").click()
    assert download.value.suggested_filename == f"{who}.vcf"
    assert [each.formatted for each in read_cards(Path(download.value.path()).read_text())] == [who]


def test_several_cards_of_one_message_offer_what_each_can(desk: Desk) -> None:
    number = "972550002010"
    full = card(
        "Dr. Mara Quill",
        first="Mara",
        birthday="1999-01-23",
        organisation={"company": "Quill Ltd", "title": "Owner"},
        emails=[{"email": "mara@example.com"}],
        addresses=[{"city": "Springfield", "country_code": "US"}],
        urls=[{"url": "javascript:document.title=3"}],
    )
    plain = {"formatted": "יוסי", "phones": [{"phone": "050-000-0444"}]}
    desk.town.write(number, contacts=[full, plain])
    page = desk.phone(number)
    expect(page.locator(".contact")).to_have_count(2)
    first, second = page.locator(".contact").all()
    expect(first.get_by_role("link", name="Message")).to_have_attribute("href", "/console/phone/972550000333")
    expect(second.get_by_role("link")).to_have_count(0)
    second.get_by_role("button", name="Invite to WhatsApp").click()
    expect(page.get_by_role("dialog")).to_contain_text("wa_id")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    first.get_by_role("button", name="Profile of Dr. Mara Quill").click()
    profile = page.get_by_role("dialog")
    for words in ("972550000333", "1999-01-23", "Quill Ltd", "Owner", "mara@example.com", "Springfield", "javascript:"):
        expect(profile).to_contain_text(words)
    expect(profile.get_by_role("link")).to_have_count(2)


def test_texts_and_names_of_strangers_are_never_read_as_html(desk: Desk) -> None:
    number = "972550002020"
    desk.town.write(number, text=f"{HOSTILE} *{HOSTILE}* `{HOSTILE}`", name=HOSTILE)
    desk.town.write(number, contacts=[card(HOSTILE, urls=[{"url": HOSTILE}])])
    desk.town.write(number, type=HOSTILE[:60], odd=HOSTILE)
    page = desk.phone(number)
    page.get_by_role("button", name="Profile of <img").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="<img")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.locator("main img, main script, dialog img").count() == 0
    page.goto(f"{desk.url}/console/phone")
    expect(page.get_by_role("link", name=f"+{number}")).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "Phones · Parlance"


def test_marks_are_shown_as_whatsapp_shows_them(desk: Desk) -> None:
    number = "972550002030"
    said = "*bold* _italic_ ~struck~ ```mono``` 2*3*4 a_b_c *_both_* *open https://example.org/a_b_c?x=1."
    desk.town.write(number, text=said)
    desk.phone(number)
    words = desk.bubble("bold").locator(".words")
    expect(words).to_have_text("bold italic struck mono 2*3*4 a_b_c both *open https://example.org/a_b_c?x=1.")
    shown = words.evaluate("each => [...each.children].map(one => [one.tagName, one.textContent])")
    assert shown == [
        ["STRONG", "bold"],
        ["EM", "italic"],
        ["S", "struck"],
        ["CODE", "mono"],
        ["STRONG", "both"],
        ["A", "https://example.org/a_b_c?x=1"],
    ]


def test_right_to_left_texts_run_that_way_each_by_itself(desk: Desk) -> None:
    number = "972550002040"
    for text in ("שלום, *מה* שלומך? 45 ₪", "مرحبا، كيف الحال؟", "Hello 1234"):
        desk.town.write(number, text=text)
    page = desk.phone(number)
    desk.bubble("Hello").wait_for()
    ways = page.locator(".bubble .words").evaluate_all("all => all.map(each => getComputedStyle(each).direction)")
    assert ways == ["rtl", "rtl", "ltr"]


def test_the_customer_answers_a_message_and_reacts_to_it(desk: Desk) -> None:
    number = "972550002050"
    desk.town.write(number, text="Question")
    desk.town.send(number, "Answer")
    page = desk.phone(number)
    asked = page.locator("article.bubble.theirs").filter(has_text="Answer")
    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    desk.say("Thanks")
    expect(desk.bubble("Thanks").locator(".quote")).to_contain_text("Answer")
    asked.hover()
    asked.get_by_role("button", name="React").click()
    page.get_by_role("button", name="❤️").click()
    expect(asked.locator(".reactions")).to_have_text("❤️")
    path = f"/sandbox/v1/phones/{number}/messages"
    _, answer, thanks, heart = desk.town.call("GET", path)
    assert (thanks["quote"], heart["reaction"]["message"]) == (answer["id"], answer["id"])


def test_the_customer_sends_a_card_by_form_and_by_file(desk: Desk, tmp_path: Path) -> None:
    number = "972550002060"
    page = desk.phone(number)
    page.get_by_role("link", name="Parlance demo").click()
    page.get_by_role("button", name="Send a contact").click()
    page.get_by_label("Name", exact=True).fill("נועה")
    page.get_by_label("Phone", exact=True).fill("+972 55-000-0777")
    page.get_by_role("button", name="Send contact").click()
    expect(page.locator(".contact-name")).to_have_text(["נועה"])
    file = tmp_path / "two.vcf"
    one = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{}\r\nTEL:+97255{}\r\nEND:VCARD\r\n"
    file.write_text(one.format("First", 1) + one.format("Second", 2))
    page.get_by_role("button", name="Send a contact").click()
    page.get_by_label("Or a .vcf file").set_input_files(file)
    expect(page.locator(".contact-name")).to_have_text(["נועה", "First", "Second"])
    written = desk.town.call("GET", f"/sandbox/v1/phones/{number}/messages")
    assert [[each["button"] for each in message["contacts"]] for message in written] == [
        ["message"],
        ["invite", "invite"],
    ]


def test_what_fails_says_why(desk: Desk) -> None:
    number = "972550000131"
    desk.town.write(number, text="Hi")
    desk.town.staged(desk.town.send(number, "Lost"), "failed")
    page = desk.phone(number)
    expect(desk.bubble("Lost").locator(".reason")).to_contain_text("131026")
    expect(page.locator("#armed")).to_have_text("Fault armed")
    expect(page.locator(".faults")).to_contain_text("131026")


def test_switches_change_what_the_phone_does(desk: Desk) -> None:
    number = "972550002070"
    desk.town.write(number, text="Hi")
    page = desk.phone(number)
    delivered = page.get_by_role("group", name="Messages are delivered")
    expect(delivered.get_by_role("button", name="At once")).to_have_attribute("aria-pressed", "true")
    delivered.get_by_role("button", name="Never").click()
    expect(page.locator("#armed")).to_have_text("Fault armed")
    desk.town.send(number, "Out of reach")
    expect(desk.bubble("Out of reach")).to_have_attribute("data-stage", "sent")
    read = page.get_by_role("group", name="Messages are read")
    read.get_by_role("button", name="Never").click()
    expect(page.locator("#armed")).to_have_text("2 faults armed")
    delivered.get_by_role("button", name="At once").click()
    desk.town.send(number, "Not read")
    expect(desk.bubble("Not read")).to_have_attribute("data-stage", "delivered")
    behaviour = desk.town.call("GET", f"/sandbox/v1/phones/{number}")
    assert behaviour == {"number": number, "delivers": "auto", "reads": "never", "delay_ms": 0}


def test_a_chat_out_of_sight_is_unread_until_it_is_opened(desk: Desk) -> None:
    number = "972550002080"
    desk.town.write(number, text="Hi")
    desk.page.set_viewport_size(PORTABLE)
    page = desk.phone(number)
    page.get_by_role("link", name="Parlance demo").wait_for()
    sent = desk.town.send(number, "Look")
    expect(page.get_by_label("1 unread")).to_be_visible()
    assert desk.town.staged(sent, "delivered")["stage"] == "delivered"
    page.get_by_role("link", name="Parlance demo").click()
    desk.bubble("Look").wait_for()
    assert desk.town.staged(sent, "read")["stage"] == "read"
    page.get_by_role("button", name="Back to the chats").click()
    expect(page.get_by_label("1 unread")).to_have_count(0)


def test_a_long_chat_opens_at_its_end_and_goes_back_page_by_page(desk: Desk) -> None:
    number = "972550002090"
    for place in range(130):
        desk.town.write(number, text=f"Number {place:03}")
    page = desk.phone(number)
    expect(desk.bubble("Number 129")).to_be_in_viewport()
    assert page.locator("article.bubble").count() == 50
    page.get_by_role("button", name="Earlier messages").click()
    expect(desk.bubble("Number 030")).to_be_attached()
    texts = page.locator("article.bubble .words").all_text_contents()
    assert texts == sorted(set(texts))
    assert texts[-1] == "Number 129"


def test_a_template_shows_all_its_parts_and_its_buttons_answer(desk: Desk) -> None:
    number, town = "972550002100", desk.town
    template = {"account": "demo", "name": "ready", "language": "en_US", "category": "UTILITY"}
    parts = {"header": "text", "header_text": "Order ready", "body": "It is *ready*, {{1}}.", "footer": "The shop"}
    buttons = [{"type": "QUICK_REPLY", "text": "On my way"}]
    town.call("POST", "/admin/v1/templates", json={**template, **parts, "buttons": buttons})
    values = [{"type": "body", "parameters": [{"type": "text", "value": "Dana"}]}]
    sent = {"name": "ready", "language": "en_US", "components": values}
    town.call(
        "POST", "/admin/v1/messages", json={"sender": town.sender, "to": number, "type": "template", "template": sent}
    )
    page = desk.phone(number)
    shown = desk.bubble("Order ready")
    expect(shown.locator(".words")).to_have_text("It is ready, Dana.")
    expect(shown.locator(".template-foot")).to_have_text("The shop")
    shown.get_by_role("button", name="On my way").click()
    expect(page.locator("article.bubble.own .words")).to_have_text("On my way")
    expect(page.locator("article.bubble.own .quote")).to_contain_text("It is ready, Dana.")
