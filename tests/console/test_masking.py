"""Requests are shown without what opens anybody's door."""

import json

import pytest

from parlance.console.exchanges import MASK, masked
from parlance.model.wire import WireRequest

SECRET = 'k3y/with "quotes"+'


def shown(url: str = "https://vendor.example/x", body: bytes = b"", **headers: str) -> str:
    request = WireRequest("POST", url, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    return json.dumps(masked(request, [SECRET, "", "ab"]), ensure_ascii=False)


@pytest.mark.parametrize(
    "given",
    [
        {"url": f"https://vendor.example/send/{SECRET}"},
        {"url": "https://vendor.example/send/k3y%2Fwith%20%22quotes%22%2B/x"},
        {"url": f"https://vendor.example/?a=1&key={SECRET}"},
        {"body": json.dumps({"deep": [{"text": f"say {SECRET} twice {SECRET}"}]}).encode()},
        {"body": f"plain {SECRET} text".encode()},
        {"content_type": f"text/plain; {SECRET}"},
        {"authorization": f"Bearer {SECRET}"},
    ],
)
def test_a_secret_is_masked_wherever_it_stands(given: dict[str, str]) -> None:
    told = shown(**given)  # type: ignore[arg-type]
    assert "quotes" not in told
    assert MASK in told


def test_what_is_named_like_a_secret_is_masked_whatever_it_holds() -> None:
    told = masked(
        WireRequest(
            "POST",
            "https://user:pass@vendor.example/x?access_token=one&page=two&token=",
            {"x-hub-signature-256": "sha256=three", "content-type": "application/json", "x-own": "four"},
            b'{"apiKey":"five","to":"972","nested":{"verify_token":"six","tokens":3,"password":""}}',
        ),
        [],
    )
    assert told == {
        "method": "POST",
        "url": f"https://vendor.example/x?access_token={MASK}&page=two&token={MASK}",
        "headers": {"content-type": "application/json", "x-hub-signature-256": MASK, "x-own": MASK},
        "body": json.dumps(
            {"apiKey": MASK, "to": "972", "nested": {"verify_token": MASK, "tokens": 3, "password": ""}}, indent=2
        ),
    }


def test_words_and_what_is_no_text_stay_readable() -> None:
    told = masked(WireRequest("POST", "sandbox:/messages", {}, "שלום ab \ud83d".encode("utf-8", "replace")), ["ab"])
    assert told["url"] == "sandbox:/messages"
    assert told["body"].startswith("שלום ab")
    assert masked(WireRequest("GET", "x:/", {}, b"\xff\x00"), [])["body"] == "\ufffd\x00"
