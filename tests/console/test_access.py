"""Who gets in, who does not, and what a browser may be made to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, expect

from acceptance.outside import Outside
from console.desk import Desk

OURS = {"sec-fetch-site": "same-origin"}


def console(town: Outside, path: str = "") -> str:
    return f"{town.facts['url']}/console{path}"


@contextmanager
def logged_in(town: Outside) -> Iterator[httpx.Client]:
    with httpx.Client(headers=OURS) as client:
        answer = client.post(console(town, "/login"), data={"token": town.facts["admin_token"]})
        assert answer.status_code == 303
        yield client


def test_whoever_is_not_logged_in_is_asked_for_the_token_and_then_led_on(town: Outside, page: Page) -> None:
    page.goto(console(town, "/phone"))
    expect(page).to_have_title("Log in · Parlance")
    page.get_by_label("Admin token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the admin token.")
    page.get_by_label("Admin token").fill(town.facts["admin_token"])
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Phones")).to_be_visible()
    assert page.url == console(town, "/phone")
    [cookie] = [each for each in page.context.cookies() if "theme" not in each.get("name", "")]
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/console")
    assert town.facts["admin_token"] not in str(cookie)


def test_the_printed_link_logs_in_once(town: Outside, page: Page) -> None:
    page.goto(town.facts["console_url"])
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert "#" not in page.url
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Admin token")).to_be_visible()
    page.goto(town.facts["console_url"].replace("/login", "/login?again"))
    expect(page.get_by_role("alert")).to_contain_text("used before")


def test_logging_out_ends_the_session_also_for_who_kept_the_cookie(town: Outside) -> None:
    with logged_in(town) as client:
        kept = dict(client.cookies)
        assert client.get(console(town, "/api/phones")).status_code == 200
        assert client.post(console(town, "/logout")).status_code == 303
    assert httpx.get(console(town, "/api/phones"), cookies=kept).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "ffffffffffff.00.00", "ffffffffffff.00." + "0" * 48, "é", "." * 300])
def test_a_made_up_session_is_none(town: Outside, cookie: str) -> None:
    with logged_in(town) as client:
        [name] = client.cookies
    headers = [(b"cookie", f"{name}={cookie}".encode())]
    assert httpx.get(console(town, "/api/phones"), headers=headers).status_code == 401
    assert httpx.get(console(town), headers=headers).headers["location"] == "/console/login?next=/console"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "none"},
    ],
)
def test_other_sites_make_a_browser_do_nothing(town: Outside, headers: dict[str, str]) -> None:
    with logged_in(town) as client:
        said = {"to": town.sender, "text": "forged"}
        path = console(town, "/api/sandbox/v1/phones/972550001001/messages")
        assert client.post(path, json=said, headers=headers).status_code == 403
        assert client.post(console(town, "/logout"), headers=headers).status_code == 403
        assert client.get(console(town, "/api/phones")).status_code == 200
    assert town.shown("972550001001") == {}


def test_a_request_without_any_sign_of_a_browser_changes_nothing(town: Outside) -> None:
    with logged_in(town) as client:
        cookies = dict(client.cookies)
    path = console(town, "/api/sandbox/v1/clock")
    assert httpx.post(path, json={"advance_seconds": 60}, cookies=cookies).status_code == 403
    assert town.call("GET", "/sandbox/v1/clock")["offset_seconds"] == 0


def test_the_console_answers_this_machine_alone_by_its_own_names(town: Outside) -> None:
    for host in ("evil.example", "evil.example:80", "10.0.0.1", ""):
        assert httpx.get(console(town, "/login"), headers={"host": host}).status_code in {400, 403}
    for host in ("localhost", "127.0.0.1:1", "[::1]:5"):
        assert httpx.get(console(town, "/login"), headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/console/phone/972550000222", "/console/phone/972550000222"),
        ("https://evil.example/console", "/console"),
        ("//evil.example/console", "/console"),
        ("/console/../../admin", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/consolex", "/console"),
    ],
)
def test_logging_in_leads_to_our_own_pages_only(town: Outside, target: str, leads_to: str) -> None:
    form = {"token": town.facts["admin_token"], "next": target}
    answer = httpx.post(console(town, "/login"), data=form, headers=OURS)
    assert answer.headers["location"] == leads_to


def test_only_the_operators_apis_are_reached_from_inside(town: Outside) -> None:
    with logged_in(town) as client:
        assert client.get(console(town, "/api/admin/v1/senders")).json()["items"][0]["sender"] == town.sender
        for path in ("/api/readyz", "/api/admin/v1/../../metrics", "/api/console/login", "/api/admin/v2/x", "/api/"):
            assert client.get(console(town, path)).status_code == 404, path
        assert client.post(console(town, "/login"), content=b"x" * 5_000).status_code == 413
        assert client.get(console(town, "/nothing/here")).status_code == 404


def _bad(headers: httpx.Headers) -> list[str]:
    policy = headers["content-security-policy"]
    wanted = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'")
    return [each for each in wanted if each not in policy] + (["unsafe"] if "unsafe" in policy else [])


def test_pages_fetch_nothing_from_outside_and_may_not(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    for path in ("", "/phone", f"/phone/{desk.town.customer}", "/try"):
        desk.open(path)
        desk.live()
    assert {url.split("/console")[0] for url in asked} == {desk.url}
    answer = httpx.get(console(desk.town, "/login"))
    assert _bad(answer.headers) == []
    assert answer.headers["cache-control"] == "no-store"
