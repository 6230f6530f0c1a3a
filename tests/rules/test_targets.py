"""Where webhooks may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.rules.targets import fault_of, is_private


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:0a00:0001::", "not an address",
    ],
)  # fmt: skip
def test_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.org/", "//example.org", "http://", "http:///path", "javascript:alert(1)", "http://a b/",
        "http://example.org:0/", "http://example.org:99999/", "http://user:secret@example.org/", "http://[::1",
        "http://example.org/\r\nX: y",
    ],
)  # fmt: skip
def test_unusable_wherever_it_points(url: str) -> None:
    assert fault_of(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:1/", "http://LOCALHOST./", "http://127.0.0.1/", "http://2130706433/", "http://[::1]/",
        "http://a.internal/", "http://printer.local/", "http://169.254.169.254/latest",
    ],
)  # fmt: skip
def test_private_targets_need_leave(url: str) -> None:
    assert fault_of(url, allow_private=False)
    assert not fault_of(url, allow_private=True)


def test_public_targets_pass() -> None:
    for url in ("https://hooks.example.org/wa?x=1", "http://8.8.8.8/", "https://xn--bcher-kva.example/"):
        assert not fault_of(url, allow_private=False)


@given(st.text())
def test_any_text_gets_a_verdict(url: str) -> None:
    assert isinstance(fault_of(url, allow_private=False), str)
