"""Take the docs' pictures of the console: a gateway of its own, a few chats, a Chromium without a window.

`python tools/screenshots.py` writes docs/images; it needs the packages of the tests and a Chromium
(`PARLANCE_TEST_CHROMIUM`, or the one on the path).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WIDE = {"width": 1200, "height": 760}
CARD = {
    "formatted": "Dana Example",
    "first": "Dana",
    "organisation": {"company": "Example Ltd", "title": "Baker"},
    "emails": [{"email": "dana@example.com"}],
    "phones": [{"phone": "+972 55 000 0333", "wa_id": "972550000333"}],
}
SAID = (
    ("972550000222", "Dana", "Hi, is my order ready?", "Yes! Order *1042* waits for you until 19:00."),
    ("972550000444", "נועה", "שלום, מתי אתם פותחים?", "שלום נועה, אנחנו פתוחים עד *19:00*"),
    ("972551000504", "Avi", "Did it leave?", "We will know in a moment"),
)


@contextmanager
def gateway(folder: Path) -> Iterator[dict[str, Any]]:
    """A `parlance dev` of its own; gives what it printed."""
    command = [sys.executable, "-m", "parlance", "dev", "--json", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        try:
            yield json.loads(next(iter(process.stdout or ())))
        finally:
            process.terminate()


def talk(facts: dict[str, Any], http: httpx.Client) -> str:
    """Let customers write and be answered; gives the id of a message that is worth a look."""
    chosen = ""
    for number, name, asked, told in SAID:
        written = {"to": facts["sender"], "text": asked, "name": name}
        http.post(f"/sandbox/v1/phones/{number}/messages", json=written).raise_for_status()
        said = {"sender": facts["sender"], "to": number, "type": "text", "text": told}
        chosen = http.post("/admin/v1/messages", json=said).raise_for_status().json()["id"]
    said = {"sender": facts["sender"], "to": SAID[0][0], "type": "contacts", "contacts": [CARD]}
    http.post("/admin/v1/messages", json=said).raise_for_status()
    wanted = {"type": "contacts", "timeout": "10"}
    http.get(f"/sandbox/v1/phones/{SAID[0][0]}/wait", params=wanted).raise_for_status()
    return chosen


def picture(page: Page, url: str, name: str) -> None:
    """Open a page of the console and keep what it looks like."""
    page.goto(url)
    page.wait_for_load_state("networkidle" if "phone" not in url else "load")
    page.wait_for_timeout(1_500)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def main() -> None:
    """Take them all."""
    chromium = os.environ.get("PARLANCE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, gateway(Path(folder, "data")) as facts, sync_playwright() as driver:
        headers = {"authorization": f"Bearer {facts['admin_token']}"}
        with httpx.Client(base_url=facts["url"], headers=headers, timeout=30) as http:
            chosen = talk(facts, http)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC").new_page()  # type: ignore[arg-type]
        page.goto(facts["console_url"])
        page.wait_for_url("**/console")
        console = f"{facts['url']}/console"
        picture(page, f"{console}/phone/{SAID[0][0]}", "phone")
        picture(page, f"{console}/messages/{chosen}", "message")
        picture(page, f"{console}/try", "try")
        browser.close()


if __name__ == "__main__":
    main()
