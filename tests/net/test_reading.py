"""Answers come in any pieces, and some of them come from servers gone mad."""

import gzip
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.model.wire import WireResponse
from parlance.net.reading import ANSWER_LIMIT, CLOSED, CUT, GARBLED, HEAD_LIMIT, TOO_LONG, Broken, Reader

PLAIN = b"HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX-Behind: c\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\nX-Early: a\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + PLAIN
_ZIPPED = gzip.compress(b"hello", mtime=0)
ZIPPED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(_ZIPPED), _ZIPPED)
EMPTY = b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"


def _whole(raw: bytes, *, head: bool = False) -> tuple[WireResponse, bool]:
    reader = Reader()
    reader.begin(no_body=head)
    found = reader.feed(raw)
    assert found is not None
    return found, reader.again


def _packed(packing: str, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (packing.encode(), len(body)) + body
    )


@pytest.mark.parametrize("raw", [PLAIN, CHUNKED, INTERIM, ZIPPED, EMPTY])
@given(cuts=st.sets(st.integers(0, 250)))
def test_pieces_make_no_difference(raw: bytes, cuts: set[int]) -> None:
    whole, again = _whole(raw)
    reader = Reader()
    edges = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    found = [reader.feed(raw[start:end]) for start, end in itertools.pairwise(edges)]
    assert found[:-1] == [None] * (len(found) - 1)
    assert (found[-1], reader.again) == (whole, again)
    assert again


def test_one_byte_at_a_time_and_two_answers_on_one_connection() -> None:
    reader = Reader()
    for raw in (CHUNKED, PLAIN, INTERIM):
        reader.begin(no_body=False)
        found = [reader.feed(raw[place : place + 1]) for place in range(len(raw))]
        last = found[-1]
        assert last is not None
        assert last.body == b"hello"


def test_what_is_behind_a_body_is_no_header() -> None:
    assert _whole(CHUNKED)[0].headers == {"transfer-encoding": "chunked"}
    assert _whole(INTERIM)[0].headers == {"x-a": "b", "content-length": "5"}


def test_the_last_of_equal_headers_counts() -> None:
    found, _ = _whole(b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2 \r\nX: \xc3\xa9\r\nContent-Length: 0\r\n\r\n")
    assert found.headers == {"a": "2", "x": "é", "content-length": "0"}


@pytest.mark.parametrize(
    ("raw", "head", "again"),
    [
        (EMPTY, False, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", True, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True, False),
        (b"HTTP/1.1 200 OK\r\n\r\n", True, False),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", False, False),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", False, True),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc", False, False),
    ],
)
def test_answers_without_a_body(raw: bytes, head: bool, again: bool) -> None:
    found, may_go_on = _whole(raw, head=head)
    assert (found.body, may_go_on) == (b"", again)


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN + PLAIN,
        PLAIN + b"extra",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_connection_that_is_not_used_again(raw: bytes) -> None:
    assert not _whole(raw)[1]


def test_an_old_server_that_offers_to_go_on() -> None:
    assert _whole(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")[1]


def test_a_body_ends_with_the_connection() -> None:
    reader = Reader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhello") is None
    assert (reader.end().body, reader.again) == (b"hello", False)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent", CLOSED),
        (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSED),
        (PLAIN[:-1], CUT),
        (CHUNKED[:-1], CUT),
        (ZIPPED[:-1], CUT),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + _ZIPPED[:-1], CUT),
    ],
)
def test_an_answer_cut_short(raw: bytes, word: str) -> None:
    reader = Reader()
    assert reader.feed(raw) is None
    with pytest.raises(Broken, match=word):
        reader.end()


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"SSH-2.0-x\r\n\r\n", GARBLED),
        (b"\x15\x03\x01\x00\x02\x02\x16", GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", GARBLED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", GARBLED),
        (b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello", GARBLED),
        (_packed("br", b"hello"), GARBLED),
        (_packed("gzip", b"hello"), CUT),
        (_packed("gzip", _ZIPPED[:-2]), CUT),
        (_packed("deflate", b"hello"), CUT),
        (_packed("gzip", gzip.compress(b"", mtime=0) * 100), CUT),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * HEAD_LIMIT + b"\r\n", GARBLED),
    ],
)
def test_an_answer_that_is_none(raw: bytes, word: str) -> None:
    with pytest.raises(Broken, match=word):
        Reader().feed(raw)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1_024),
        (b"HTTP/1.1 200 ", b"x" * 1_024),
        (b"", b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" * 32),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1_024),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 1_024),
    ],
)
def test_what_never_ends_is_given_up(start: bytes, more: bytes) -> None:
    reader = Reader()
    pieces = itertools.chain([start], itertools.repeat(more, 3 * HEAD_LIMIT // 1_024))
    with pytest.raises(Broken, match=GARBLED):
        all(reader.feed(piece) is None for piece in pieces)


def test_a_body_in_the_smallest_chunks_is_no_attack() -> None:
    reader = Reader()
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        reader.feed(b"1\r\nx\r\n" * 1_000)
    found = reader.feed(b"0\r\n\r\n")
    assert found is not None
    assert len(found.body) == 100_000


def test_unpacking() -> None:
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = bare.compress(b"hello") + bare.flush()
    for packing, body in (
        ("gzip", gzip.compress(b"hello")),
        ("GZIP", gzip.compress(b"hel") + gzip.compress(b"lo")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", deflated),
        ("identity", b"hello"),
    ):
        assert _whole(_packed(packing, body))[0].body == b"hello"
    assert _whole(_packed("gzip", b""))[0].body == b""


def test_the_limit_counts_what_is_unpacked() -> None:
    assert len(_whole(_packed("gzip", gzip.compress(bytes(ANSWER_LIMIT))))[0].body) == ANSWER_LIMIT
    for bomb in (gzip.compress(bytes(ANSWER_LIMIT + 1)), gzip.compress(bytes(16 * ANSWER_LIMIT))):
        with pytest.raises(Broken, match=TOO_LONG):
            Reader().feed(_packed("gzip", bomb))
