"""The bench's own tools: a figure is worth no more than they are."""

import asyncio
import json
import struct
from array import array
from collections import Counter
from pathlib import Path

import httptools
import pytest
from starlette.types import Message

import asking
import report
from hello import app as hello
from lines import Line, ratio
from parlance.model.event import EventKind
from parlance.providers import discover
from peers.smpp import Centre
from plain import NOTHING, serve
from plan import Plan, PlanFault
from played import TOLD, Vendor
from pool import LOST, Measured, drive, raw
from run import RESULTS
from upstream import Seen

APIS = {api.name: api for api in asking.apis()}


def test_a_plan_is_changed_by_words() -> None:
    changed = Plan().changed(["rounds=5", "engines=sqlite", "connections=1, 2"])
    assert (changed.rounds, changed.engines, changed.connections) == (5, ("sqlite",), (1, 2))
    assert changed.accept == Plan().accept


@pytest.mark.parametrize("word", ["rounds", "rounds=0", "rounds=-1", "speed=9", "engines=oracle", "connections=a"])
def test_a_word_that_changes_nothing_is_refused(word: str) -> None:
    with pytest.raises(PlanFault):
        Plan().changed([word])


def test_percentiles_are_exact() -> None:
    measured = Measured(2.0, 100, Counter({200: 100}), array("q", [each * 1_000_000 for each in range(100, 0, -1)]))
    assert (measured.rps, measured.percentile(0.5), measured.percentile(0.99), measured.median) == (50, 50, 99, 50.5)
    assert ratio([1.0, 3.0, 100.0], [2.0, 4.0, 1.0]) == 1.5


async def test_the_client_tells_answers_from_losses_and_successes_from_refusals() -> None:
    def handler(path: str, body: bytes, reply: object) -> None:
        assert callable(reply)
        answers = {"/ok": NOTHING, "/no": NOTHING.replace(b"application", b"refusal"), "/cut": b"HTTP/1.1 200 O"}
        # What cannot be parsed ends the connection, as one does that breaks in the middle of an answer.
        reply(answers[path] if path != "/cut" else b"nonsense\r\n\r\n")

    server, port = await serve(handler)
    requests = [raw("POST", path, {}, b"x") for path in ("/ok", "/no", "/cut", "/ok")]
    measured = await drive(port, requests, 2, mark=b"application")
    server.close()
    assert (measured.taken, measured.statuses) == (2, {200: 3, LOST: 1})
    assert len(measured.times) == 3


async def test_nothing_is_waited_for_where_nobody_is() -> None:
    server, port = await serve(lambda _path, _body, reply: reply(b"nonsense\r\n\r\n"))
    server.close()
    await server.wait_closed()
    with pytest.raises(OSError, match="Connect"):
        await drive(port, [raw("GET", "/", {})], 1)


@pytest.mark.parametrize("name", APIS)
def test_every_dialect_reads_what_is_sent_to_it(name: str) -> None:
    api, credentials = APIS[name], {each.name: "1100000001" for each in APIS[name].carrier.settings}
    one, two = asking.requests(api, credentials, "972770000001", [7, 8], 2)
    for wire, serial, number in ((one, 7, "972550000000"), (two, 8, "972550000001")):
        head, _, body = wire.partition(b"\r\n\r\n")
        assert f"content-length: {len(body)}".encode() in head
        assert f"idempotency-key: bench-{serial:09d}".encode() in head
        assert f"bench-{serial:09d}-{number}".encode() in body
        assert str(asking.SAMPLE_SERIAL).encode() not in wire
        assert asking.SAMPLE_CUSTOMER.encode() not in wire
        httptools.HttpRequestParser(object()).feed_data(wire)
    assert len(one) == len(two)


@pytest.mark.parametrize("provider", [asking.free_carrier(), asking.paced_carrier()], ids=lambda each: each.name)
def test_a_vendor_is_played_as_its_carrier_hears_it(provider: object) -> None:
    found = discover()[getattr(provider, "name", "")]
    vendor, number, tag = Vendor(found), b"972550000007", b"bench-000000003-972550000007"
    ids = [vendor.mint(), vendor.mint()]
    one, two = (vendor.answer(each, number, tag) for each in ids)
    assert one != two
    assert asking.SAMPLE_CUSTOMER.encode() not in one
    samples = vendor.callbacks("http://127.0.0.1:1/callbacks/x/y", "972770000001")
    calls = [vendor.call(sample, ids[0], number, tag) for sample in samples]
    assert len(set(calls)) == len(TOLD) == 4
    assert TOLD[-1] is EventKind.RECEIVED
    for call in calls:
        head, _, body = call.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /callbacks/x/y HTTP/1.1")
        assert f"content-length: {len(body)}".encode() in head
        assert number in body


def test_the_upstream_counts_each_message_once() -> None:
    seen = Seen()
    for said in (
        b"bench-000000001-9725",
        b"..bench-000000002-9725..",
        b"bench-000000001-9725",
        b"aside-000000003-9725",
    ):
        seen.take_tagged(said)
    for body in (b"one", b"two", b"one"):
        seen.hear(body)
    assert seen.tally() == {"taken": 2, "repeats": 1, "told": 2, "tellings": 3}


async def test_hello_says_hello() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    await hello({"type": "http"}, receive, send)
    assert [message.get("body", message.get("status")) for message in sent] == [200, b'{"hello":"world"}']


class _Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True


def _asked(command: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack("!IIII", 16 + len(body), command, 0, number) + body


def test_the_message_centre_takes_what_is_submitted() -> None:
    taken: list[bytes] = []
    centre, wire = Centre(taken.append), _Wire()
    centre.connection_made(wire)
    asked = (
        _asked(0x09, 1, b"bench\0")
        + _asked(0x04, 2, b"hello")
        + _asked(0x15, 3)
        + _asked(0x8000_0005, 4)
        + _asked(9_999, 5)
    )
    for place in range(len(asked)):
        centre.data_received(asked[place : place + 1])
    assert taken == [b"hello"]
    answers = [
        struct.pack("!IIII", 22, 0x8000_0009, 0, 1) + b"bench\0",
        struct.pack("!IIII", 25, 0x8000_0004, 0, 2) + b"00000001\0",
        struct.pack("!IIII", 16, 0x8000_0015, 0, 3),
        struct.pack("!IIII", 16, 0x8000_0000, 3, 5),
    ]
    assert wire.written == b"".join(answers)
    centre.data_received(struct.pack("!IIII", 9_999_999, 4, 0, 1))
    assert wire.aborted


# ---- the page


FOUND: list[Line] = [
    {"bench": "machine", "cpu": "one", "cores": 2},
    {"bench": "accept", "engine": "sqlite", "dialect": "one", "connections": 64, "rps": 9_000.5, "p50_ms": 2,
     "p99_ms": 6, "ratio_to_hello": 0.3, "ratio_to_best": 1.0, "lost": 0},
    {"bench": "accept", "engine": "sqlite", "dialect": "one", "connections": 64, "rps": 8_000.5, "p50_ms": 2,
     "p99_ms": 9, "ratio_to_hello": 0.2, "ratio_to_best": 0.9, "lost": 1},
    {"bench": "accept", "engine": "sqlite", "dialect": "two", "connections": 64, "rps": 8_000.5, "p50_ms": 1,
     "p99_ms": 9, "ratio_to_hello": 0.1, "ratio_to_best": 0.8, "lost": 0},
    {"bench": "pipeline", "peer": "nobody", "skipped": "not installed"},
]  # fmt: skip


def test_the_page_says_of_the_worst_figure_whether_it_is_within_its_bound() -> None:
    text = report.section("mine.jsonl", FOUND)
    assert "| accept against hello, SQLite | at least 0.25 | 0.2 | no |" in text
    assert "| accept, p99 against p50 | at most 4 | 4.5 | no |" in text
    assert "| accept, each dialect against the best | at least 0.75 | 0.8 | yes |" in text
    assert "| messages lost, in all | 0 | 1 | no |" in text
    assert "| sqlite | one | 64 | 9,000 | 2 | 6 | 0.3 | 1.0 | 0 |" in text
    assert f"{json.dumps(FOUND[-1])}\n" in text


def test_the_page_keeps_everything_else() -> None:
    once = report.page(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "mine.jsonl", FOUND)
    assert once.startswith(f"before\n{report.BEGIN}\n\n## Figures\n")
    assert once.endswith(f"```\n\n{report.END}\nafter\n")
    assert "old" not in once
    assert report.page(once, "mine.jsonl", FOUND) == once
    with pytest.raises(report.ReportFault):
        report.page("no marks", "mine.jsonl", FOUND)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    for text in ("", "{", '{"rps": 1}'):
        file = tmp_path / "run.jsonl"
        file.write_text(text)
        with pytest.raises(report.ReportFault):
            report.read(file)
    with pytest.raises(report.ReportFault):
        report.read(tmp_path / "none.jsonl")


def test_the_performance_page_has_the_figures_of_its_run() -> None:
    text = report.PAGE.read_text()
    inside = text.partition(report.BEGIN)[2].partition(report.END)[0]
    if not inside.strip():
        assert "## Figures" not in text
        return
    name = inside.partition("`bench/results/")[2].partition("`")[0]
    assert report.page(text, name, report.read(RESULTS / name)) == text
