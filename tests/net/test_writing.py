"""What goes out is HTTP, or does not go out."""

import pytest

from parlance.model.wire import WireRequest
from parlance.net import writing
from parlance.net.writing import Unsayable, Writer
from parlance.rules.targets import fault_of


def _written(url: str, method: str = "POST", body: bytes = b"", **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Writer().write(WireRequest(method, url, named, body))[1].decode().split("\r\n")


def test_the_whole_of_it() -> None:
    assert _written("http://Example.org:8080/a?b=%2B#c", "post", b"hello", content_type="text/plain") == [
        "POST /a?b=%2B HTTP/1.1",
        "Host: example.org:8080",
        "user-agent: Parlance",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "content-type: text/plain",
        "Content-Length: 5",
        "",
        "hello",
    ]


@pytest.mark.parametrize(("method", "told"), [("POST", True), ("DELETE", True), ("GET", False), ("HEAD", False)])
def test_the_length_of_no_body(method: str, told: bool) -> None:
    assert ("Content-Length: 0" in _written("http://a.org/", method)) is told


def test_a_requests_own_headers_stand_in_for_the_usual_ones() -> None:
    own = {"accept": "a/b", "accept-encoding": "br", "host": "b.org", "user-agent": "X"}
    _, written = Writer().write(WireRequest("POST", "http://a.org/", {**own, "content-length": "0"}))
    lines = written.decode().split("\r\n")[1:-2]
    assert set(lines) == {"Content-Length: 0", *(f"{name}: {value}" for name, value in own.items())}
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("url", "first", "host"),
    [
        ("http://a.org", "POST / HTTP/1.1", "Host: a.org"),
        ("http://a.org?x=1", "POST /?x=1 HTTP/1.1", "Host: a.org"),
        ("https://a.org:443/é", "POST /é HTTP/1.1", "Host: a.org"),
        ("https://a.org:80/../x", "POST /../x HTTP/1.1", "Host: a.org:80"),
        ("http://a.org./", "POST / HTTP/1.1", "Host: a.org"),
        ("http://[::1]:81/", "POST / HTTP/1.1", "Host: [::1]:81"),
        ("http://bücher.org/", "POST / HTTP/1.1", "Host: xn--bcher-kva.org"),
    ],
)
def test_addresses(url: str, first: str, host: str) -> None:
    assert _written(url)[:2] == [first, host]


def test_a_name_and_a_password_in_the_address() -> None:
    assert "Authorization: Basic dXNAZXI6cDpzcw==" in _written("http://us%40er:p%3Ass@a.org/")
    with pytest.raises(Unsayable):
        _written("http://u:p@a.org/", authorization="x")


@pytest.mark.parametrize(
    "url",
    [
        "", "//x/", "ftp://a.org/", "http:///x", "http://[::1/", "http://a.org:0/", "http://a.org:70000/",
        "http://a.org:x/", "http://a.org/a b", "http://a.org/\r\nx: y", "http://a b/", "http://a..b/", "http://1/",
        "http://127.1/", f"http://{'a' * 70}.org/", "http://u%3A:p@a.org/", "http://%E2%82%AC@a.org/",
        "http://a.org/\ud800",
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere(url: str) -> None:
    with pytest.raises(Unsayable):
        _written(url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", "b\r\nc: d"), ("a", "b\nc"), ("a", "\x00"), ("a", "\x7f"), ("a\r\nb", "c"), ("a b", "c"), ("a:", "c"),
        ("", "c"), ("é", "c"), ("a", "\ud800"), ("content-length", "9"), ("transfer-encoding", "chunked"),
    ],
)  # fmt: skip
def test_headers_that_would_break_the_head(name: str, value: str) -> None:
    with pytest.raises(Unsayable):
        Writer().write(WireRequest("POST", "http://a.org/", {name: value}, b"hello"))


@pytest.mark.parametrize(
    "url",
    [
        "nonsense:/x", "http:///x", "http://[::1/", "http://a.org/a b", "http://a.org/\nx", "http://u:p@a.org/",
        "http://localhost:8/x?y=1", "http://a.internal/", "http://10.0.0.1/", "https://[::1]:8/x#y", "http://2130706433/",
    ],
)  # fmt: skip
def test_webhooks_are_refused_in_the_words_of_the_rule(url: str) -> None:
    fault = fault_of(url, allow_private=False)
    assert fault
    with pytest.raises(Unsayable) as caught:
        Writer(guarded=True).write(WireRequest("POST", url))
    assert str(caught.value) == fault


def test_what_a_header_may_hold() -> None:
    assert "a: é\t€" in _written("http://a.org/", a="é\t€")


def test_a_method_is_a_word() -> None:
    with pytest.raises(Unsayable):
        _written("http://a.org/", "G ET")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_ORIGINS", 3)
    writer = Writer()
    for number in range(10):
        writer.write(WireRequest("GET", f"http://a{number}.org/", {f"x-{number}": "y"}))
        assert max(len(writer._origins), len(writer._names)) <= 3
