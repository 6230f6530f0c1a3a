"""`parlance tail`: what happens at a gateway, line by line."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest

from cli.conftest import Parlance
from cli.processes import LIMIT_SECONDS, Dev, environment, run
from cli.stand_in import TOKEN, StandIn, standing_in
from parlance.cli.tail import line

NOON = int(datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC).timestamp() * 1000)


def event(number: int, kind: str = "message.received", **more: Any) -> dict[str, Any]:
    shown = {
        "id": f"{number:016x}",
        "kind": kind,
        "at": NOON,
        "number": "972770000111",
        "message_id": "0000000000000abc",
        "customer": {
            "id": "9",
            "address": {"kind": "phone", "value": "972550000222"},
            "user_id": "IL.1",
            "name": "Dana",
        },
        "content": {"kind": "text", "body": "my PIN is 1234"},
        "refs": {"ref": "secret"},
        "quote_refs": {},
        "state": "",
        **more,
    }
    return {name: value for name, value in shown.items() if value is not None}


def frames(*events: dict[str, Any]) -> bytes:
    told = (f"id: {each['id']}\nevent: {each['kind']}\ndata: {json.dumps(each)}\n\n" for each in events)
    return b":\n\n" + "".join(told).encode()


RECEIVED = "2026-03-01 12:00:05 received  972770000111 ← 972550000222 0000000000000abc text"


# ---- what there is


def test_what_there_is_page_by_page(parlance: Parlance, gateway: StandIn) -> None:
    gateway.streams = [frames(event(1), event(2, "message.delivered", content=None)), frames(event(3))]
    code, out, err = parlance("tail", "--once")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        RECEIVED,
        "2026-03-01 12:00:05 delivered 972770000111 → 972550000222 0000000000000abc",
        RECEIVED,
    ]


def test_words_are_shown_on_request_alone(parlance: Parlance, gateway: StandIn) -> None:
    gateway.streams = [frames(event(1))]
    for words in ((), ("--json",)):
        out = parlance("tail", "--once", *words)[1]
        assert "PIN" not in out
        assert "Dana" not in out
        assert "secret" not in out
    assert parlance("tail", "--once", "--texts")[1] == f"{RECEIVED} Dana: my PIN is 1234\n"
    assert json.loads(parlance("tail", "--once", "--texts", "--json")[1]) == event(1)


def test_json_is_one_event_a_line(parlance: Parlance, gateway: StandIn) -> None:
    gateway.streams = [frames(event(1), event(2, "sender.state", content=None, customer=None, state="blocked"))]
    first, second = map(json.loads, parlance("tail", "--once", "--json")[1].splitlines())
    assert first["content"] == {"kind": "text"}
    assert first["customer"] == {"id": "9", "address": {"kind": "phone", "value": "972550000222"}, "user_id": "IL.1"}
    assert second["state"] == "blocked"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--kind", "failed"), [2]),
        (("--kind", "message.failed", "--kind", "READ"), [2, 3]),
        (("--customer", "+972 55-000-0222"), [1, 2]),
        (("--customer", "IL.1"), [1, 2, 3]),
        (("--customer", "551112345678"), [3]),
        (("--customer", "1", "--kind", "failed"), []),
    ],
)
def test_filters(parlance: Parlance, gateway: StandIn, words: tuple[str, ...], ids: list[int]) -> None:
    brazilian = {"address": {"kind": "phone", "value": "551112345678"}, "user_id": "IL.1"}
    gateway.streams = [
        frames(event(1), event(2, "message.failed"), event(3, "message.read", customer=brazilian)),
    ]
    out = parlance("tail", "--once", "--json", *words)[1]
    assert [int(json.loads(each)["id"], 16) for each in out.splitlines()] == ids


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kind", "arrived"), "arrived is no kind of event"),
        (("--after", "yesterday"), "yesterday is no event's id"),
    ],
)
def test_wrong_usage(parlance: Parlance, words: tuple[str, ...], said: str) -> None:
    code, out, err = parlance("tail", "--once", *words)
    assert (code, out) == (2, "")
    assert said in err


# ---- one line


def test_a_failure_says_why() -> None:
    shown = line(event(1, "message.failed", failure={"fault": "x", "code": "131026", "detail": "no\nway"}), texts=False)
    assert shown.plain.endswith("0000000000000abc text 131026: no↵way")
    without = line(event(1, "message.failed", failure={"fault": "expired", "code": "", "detail": ""}), texts=False)
    assert without.plain.endswith(" expired")


def test_a_stranger_cannot_write_on_the_screen() -> None:
    content = {"kind": "text", "body": "a\x1b[2Jb\r\nc\u202ed 👨\u200d👩 שלום"}
    shown = line(event(1, content=content, state="1\x07"), texts=True).plain
    assert shown.endswith("text 1\ufffd Dana: a\ufffd[2Jb↵↵c\ufffdd 👨\u200d👩 שלום")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"kind": "contacts", "cards": [{"formatted": "A"}, {"formatted": "B"}]}, "A, B"),
        ({"kind": "template", "name": "hello"}, "hello"),
        ({"kind": "media", "caption": "look"}, "look"),
        ({"kind": "reaction", "emoji": "👍"}, "👍"),
        ({"kind": "choice", "title": "Yes"}, "Yes"),
        ({"kind": "unknown"}, ""),
    ],
)
def test_what_a_message_says(content: dict[str, Any], said: str) -> None:
    shown = line(event(1, content=content, customer={}), texts=True).plain
    assert shown.endswith(f"{content['kind']}{f' {said}' if said else ''}")


def test_an_event_of_today_has_the_time_alone() -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    assert line(event(1, at=now), texts=False).plain[8:18] == " received "


def test_an_event_of_an_unknown_kind_is_shown() -> None:
    assert line({"kind": "message.dreamt"}, texts=False).plain == "- dreamt    "


# ---- following


class Following:
    """A `parlance tail` that goes on."""

    def __init__(self, url: str, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "parlance", "tail", "--json", *words, "--url", url],
            env=environment(PARLANCE_ADMIN_TOKEN=TOKEN),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ids(self, count: int) -> list[int]:
        assert self.process.stdout is not None
        return [int(json.loads(self.process.stdout.readline())["id"], 16) for _ in range(count)]

    def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=LIMIT_SECONDS)
        return self.process.returncode, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_it_goes_on_where_the_stream_broke_off(gateway: StandIn) -> None:
    first = frames(event(0x10), event(0x11))
    gateway.streams = [first + b"id: 0000000000000012\ndata: {", b":\n\n", frames(event(0x12))]
    with Following(gateway.url, "--after", "0", "--sender", "972770000111") as tail:
        assert tail.ids(3) == [0x10, 0x11, 0x12]
        assert tail.end() == (0, "")
    assert gateway.opened == [
        {"sender": "972770000111", "after": "0" * 16},
        {"sender": "972770000111", "after": "0000000000000011"},
        {"sender": "972770000111", "after": "0000000000000011"},
    ]


def test_from_now_on_means_from_the_first_answer_on(gateway: StandIn) -> None:
    gateway.streams = [b":\n\n", frames(event(0x12))]
    with Following(gateway.url) as tail:
        assert tail.ids(1) == [0x12]
        assert tail.end() == (0, "")
    # The first answer's own id is the position from which the second one goes on.
    assert gateway.opened == [{"after": "now"}, {"after": "0000000000000001"}]


def test_a_gateway_that_was_away_is_waited_for() -> None:
    with standing_in() as before:
        before.streams = [frames(event(0x10))]
        tail = Following(before.url)
        assert tail.ids(1) == [0x10]
    with tail:
        assert tail.process.stderr is not None
        assert tail.process.stderr.readline() == "parlance: The gateway is away; going on once it is back.\n"
        with standing_in(int(before.url.rpartition(":")[2])) as after:
            after.streams = [frames(event(0x11))]
            assert tail.ids(1) == [0x11]
            assert tail.process.stderr.readline() == "parlance: The gateway is back.\n"
            assert after.opened == [{"after": "0000000000000010"}]
            assert tail.end() == (0, "")


def test_a_gateway_that_never_answered_is_said(tmp_path: Path) -> None:
    result = run("tail", "--url", "http://127.0.0.1:1", PARLANCE_ADMIN_TOKEN=TOKEN)
    assert (result.returncode, result.stderr) == (1, "parlance: The gateway at http://127.0.0.1:1 does not answer.\n")
    result = run("tail", "--once", "--url", "http://127.0.0.1:1", PARLANCE_ADMIN_TOKEN=TOKEN)
    assert (result.returncode, result.stderr) == (1, "parlance: The gateway at http://127.0.0.1:1 does not answer.\n")


def test_a_wrong_token_is_said(gateway: StandIn) -> None:
    result = run("tail", "--url", gateway.url, PARLANCE_ADMIN_TOKEN="another-admin-token")
    assert (result.returncode, result.stderr) == (1, "parlance: The admin token is needed.\n")


# ---- on a real gateway


def test_what_really_happens(running: Dev) -> None:
    words = ("--after", "0", "--customer", running.facts["customer"])
    with subprocess.Popen(
        [sys.executable, "-m", "parlance", "tail", *words, "--data", str(running.data)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as tail:
        try:
            assert tail.stdout is not None
            first = tail.stdout.readline().split()
            assert first[1:] == ["received", "972770000111", "←", "972550000222", first[5], "text"]
            sent = run("send", "text", running.facts["customer"], "--text", "Hi", "--data", running.data, "--json")
            message_id = json.loads(sent.stdout)["id"]
            kinds = [tail.stdout.readline().split() for _ in range(3)]
            assert [(each[1], each[5]) for each in kinds] == [
                ("departed", message_id),
                ("sent", message_id),
                ("delivered", message_id),
            ]
            tail.send_signal(signal.SIGINT)
            assert tail.wait(LIMIT_SECONDS) == 0
        finally:
            tail.kill()


def test_an_unknown_sender_is_said(running: Dev) -> None:
    result = run("tail", "--sender", "1", "--data", running.data)
    assert (result.returncode, result.stderr) == (1, "parlance: There is no such sender.\n")
