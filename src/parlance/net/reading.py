"""Reads answers as they come off a connection, in whatever pieces, with limits on their size."""

import zlib
from typing import Any

import httptools

from parlance.model.wire import WireResponse

ANSWER_LIMIT = 4 * 1024 * 1024
"""The most bytes of an answer's body, unpacked, that are read; what is longer counts as no answer."""

HEAD_LIMIT = 65_536
"""The most bytes of an answer's head, of what is said before it, and of the fields behind its body."""

_WIDE = 17
"""The most bytes on the wire for one byte of a body: one in a chunk of its own, and what servers put beside it."""

# What a fault is called in the history of a message; rules of operators may look for these very words.
GARBLED = "ClientResponseError"
CUT = "ClientPayloadError"
TOO_LONG = "ValueError"
CLOSED = "ServerDisconnectedError"

_MEMBERS = 64
"""The most parts, each packed by itself, in one piece of a body: every one copies what is behind it."""

_UNKNOWN_PACKINGS = frozenset({"br", "zstd"})


class Broken(Exception):
    """The answer cannot be read."""


class _Stop(Exception):
    """The parser need not read on."""


class Reader:
    """The answers on one connection, one after the other. `again`: another one may be asked for."""

    __slots__ = (
        "_body_size",
        "_fault",
        "_head_done",
        "_head_size",
        "_headers",
        "_no_body",
        "_packed",
        "_parser",
        "_parts",
        "_raw",
        "_status",
        "_unpack",
        "_whole",
        "again",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        # As forgiving as clients are used to be: lines that end without CR, folded headers, blanks behind a length.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self.begin(no_body=False)

    def begin(self, *, no_body: bool) -> None:
        """Expect an answer; one to HEAD has no body, whatever it says."""
        self._no_body = no_body
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._raw = self._head_size = self._packed = self._body_size = self._status = 0
        self._unpack: _Unpacking | None = None
        self._fault = GARBLED
        self._head_done = self._whole = self.again = False

    def feed(self, data: bytes) -> WireResponse | None:
        """Take what came; gives the answer when it is whole, raises `Broken` when it never can be."""
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.again = False
            if not self._whole:
                raise Broken(self._fault) from None
        if self._whole:
            return self._response()
        # What has no end yet was not told of piece by piece: the bytes themselves are counted.
        most = 2 * HEAD_LIMIT + _WIDE * self._packed if self._head_done else HEAD_LIMIT
        if self._raw > most:
            raise Broken(GARBLED)
        return None

    def end(self) -> WireResponse:
        """Nothing more comes: gives the answer if that was its end, raises `Broken` if it is not whole."""
        if not self._head_done:
            raise Broken(CLOSED)
        if "content-length" in self._headers or _is_chunked(self._headers):
            raise Broken(CUT)
        self.again = False
        return self._response()

    def _response(self) -> WireResponse:
        if self._unpack is not None and self._packed and not self._unpack.is_whole:
            raise Broken(CUT)
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return WireResponse(self._status, body, self._headers)

    # ---- what the parser tells

    def on_message_begin(self) -> None:
        """An answer begins; one behind the one that was asked for is not read."""
        if self._whole:
            raise _Stop

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or one behind the body, which only counts."""
        self._head_size += len(name) + len(value) + 4
        if self._head_size > HEAD_LIMIT:
            raise _Stop
        if not self._head_done:
            text = value.decode("utf-8", "surrogateescape")
            self._headers[name.decode("latin-1").lower()] = text.strip(" \t")

    def on_headers_complete(self) -> None:
        """The head is whole, and says what follows it."""
        self._status = status = self._parser.get_status_code()
        headers = self._headers
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if status < 200 and status != 101:
            if has_body:
                raise _Stop
            return
        self._head_done = True
        if self._no_body or status == 101 or (status in {204, 304} and has_body):
            # The parser would wait for the body that such a head speaks of.
            self._whole = True
            raise _Stop
        self.again = self._parser.should_keep_alive()
        packing = headers.get("content-encoding")
        if packing is not None:
            packing = packing.lower()
            if packing in _UNKNOWN_PACKINGS:
                raise _Stop
            if packing in {"gzip", "deflate"}:
                self._unpack = _Unpacking(packing)

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        self._packed += len(piece)
        if self._unpack is not None:
            try:
                piece = self._unpack.feed(piece, ANSWER_LIMIT - self._body_size + 1)
            except zlib.error:
                self._fault = CUT
                raise
        self._body_size += len(piece)
        if self._body_size > ANSWER_LIMIT:
            self._fault = TOO_LONG
            raise _Stop
        self._parts.append(piece)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it was only an interim one."""
        if self._head_done:
            self._whole = True
        else:
            self._headers = {}


class _Unpacking:
    """Unpacks a body, never more than is asked for at a time: a few bytes may stand for gigabytes."""

    __slots__ = ("_gzip", "_inflate")

    def __init__(self, packing: str) -> None:
        self._gzip = packing == "gzip"
        self._inflate: Any = zlib.decompressobj(16 + zlib.MAX_WBITS) if self._gzip else None

    @property
    def is_whole(self) -> bool:
        return bool(self._inflate.eof)

    def feed(self, piece: bytes, most: int) -> bytes:
        """Unpack a piece into at most `most` bytes; so many mean that there may be more."""
        if self._inflate is None:
            # Half of the world writes "deflate" for zlib's form, the other half for the bare stream.
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if piece[0] & 0xF == 8 else -zlib.MAX_WBITS)
        found: bytes = self._inflate.decompress(piece, most)
        members = 0
        while self._gzip and self._inflate.eof and self._inflate.unused_data and len(found) < most:
            members += 1
            if members > _MEMBERS:
                raise zlib.error
            rest = self._inflate.unused_data
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
            found += self._inflate.decompress(rest, most - len(found))
        return found


def _is_chunked(headers: dict[str, str]) -> bool:
    return headers.get("transfer-encoding", "").lower().endswith("chunked")
