"""The journal of a sending: a file beside its result, by which the same command goes on where it stopped.

Each line is a JSON object: the first says what is sent, the others what was tried and answered, by a digest of
recipient and content. What was accepted is never sent again. What was tried and not answered is tried again under the
same idempotency key, as long as the gateway keeps that.
"""

import fcntl
import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from parlance.cli.place import Failed
from parlance.model.value import dataclass

KEY_LIFE = 6.5 * 86_400
"""How long a key is relied on, in seconds: the gateway keeps it for 7 days, and clocks differ."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What is sent: `sending` is a digest of sender and message, `run` tells deliberate repeats apart."""

    sending: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one recipient.

    `tried` is when it was first tried without an answer, in Unix seconds. `message_id` is set once it was accepted.
    """

    key: str
    tried: float
    message_id: str = ""
    refused: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether the gateway said yes or no to it."""
        return self.refused or bool(self.message_id)

    def is_stale(self, now: float) -> bool:
        """Whether it may have been accepted, while its key no longer guards against a repeat."""
        return not self.is_answered and now - self.tried > KEY_LIFE


class Journal:
    """What was tried and answered. One that has no file remembers for as long as it lives.

    Its notes raise `Failed` when they cannot be written.
    """

    def __init__(self, head: Head, entries: Mapping[str, Entry] | None = None, file: int | None = None) -> None:
        self.head = head
        self._entries = dict(entries or {})
        self._file = file

    def entry(self, digest: str) -> Entry | None:
        """What is known of this recipient and content."""
        return self._entries.get(digest)

    def tried(self, digest: str, key: str) -> None:
        """Note, before it leaves, that a message is tried."""
        self._note({"tried": digest, "key": key, "at": round(time.time(), 3)})

    def accepted(self, digest: str, message_id: str) -> None:
        """Note that the gateway accepted it."""
        self._note({"accepted": digest, "id": message_id})

    def refused(self, digest: str) -> None:
        """Note that the gateway refused it, which used up no key: it may be tried again at any time."""
        self._note({"refused": digest})

    def _note(self, line: Mapping[str, Any]) -> None:
        _learn(self._entries, line)
        self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            _append(self._file, line)


def _append(file: int, line: Mapping[str, Any]) -> None:
    data = f"{json.dumps(line)}\n".encode()
    try:
        written = os.write(file, data)
    except OSError as fault:
        raise Failed(f"The journal of the sending cannot be written: {fault.strerror}.") from None
    if written < len(data):
        raise Failed("The journal of the sending cannot be written: the disk is full.")


def _learn(entries: dict[str, Entry], line: Any) -> None:
    """Take in what one line says."""
    match line:
        case {"tried": str(digest), "key": str(key), "at": int() | float() as at}:
            before = entries.get(digest)
            # A repeat is guarded as long as the first try is, whose answer nobody heard.
            entries[digest] = Entry(key, at if before is None or before.is_answered else before.tried)
        case {"accepted": str(digest), "id": str(message_id)} if digest in entries:
            entries[digest] = replace(entries[digest], message_id=message_id)
        case {"refused": str(digest)} if digest in entries:
            entries[digest] = replace(entries[digest], refused=True)


@contextmanager
def opened(path: Path, head: Head, digests: Collection[str], *, again: bool) -> Iterator[Journal]:
    """Open a sending's journal, or begin one; raises `Failed` when it cannot be, is another sending's, or is in use.

    `digests` are those of everyone who is to get the message. `again` begins a new run of a sending that is over.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as fault:
        raise Failed(f"{path} cannot be written: {fault.strerror}. Name another place with --result.") from None
    try:
        yield _begin(path, file, head, digests, again=again)
    finally:
        os.fsync(file)
        os.close(file)


def _begin(path: Path, file: int, head: Head, digests: Collection[str], *, again: bool) -> Journal:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failed(f"Another command is sending this now: it has {path} open.") from None
    known, entries = _read(path)
    if known is not None and known.sending != head.sending:
        raise Failed(
            f"{path} belongs to another message or sender. Name another file with --result, or remove that one."
        )
    journal = Journal(known or head, entries, file)
    if again:
        answered = sum(1 for digest in digests if (entry := entries.get(digest)) is not None and entry.is_answered)
        if known is not None and answered < len(digests):
            raise Failed(
                f"This went to {answered} of {len(digests)} so far. Go on with the rest by the same command without "
                "--again, which would send it to all of them once more."
            )
        os.ftruncate(file, 0)
        journal = Journal(replace(head, run=f"{time.time_ns():x}"), file=file)
    elif known is not None:
        # What stands behind a line that broke off would be lost with it.
        os.write(file, b"\n")
        return journal
    _append(file, {"journal": _VERSION, "sending": journal.head.sending, "run": journal.head.run})
    os.fsync(file)
    return journal


def _read(path: Path) -> tuple[Head | None, dict[str, Entry]]:
    """What a journal says; None: it is empty. Lines that broke off are passed over."""
    head: Head | None = None
    entries: dict[str, Entry] = {}
    for line in path.read_bytes().splitlines():
        match _object(line):
            case {"journal": int(version), "sending": str(sending), "run": str(run)}:
                if version != _VERSION:
                    raise Failed(f"{path} was written by a newer version of Parlance.")
                head = Head(sending, run)
            case other:
                _learn(entries, other)
    if head is None and path.stat().st_size:
        raise Failed(f"{path} is no journal of a sending. Name another file with --result.")
    return head, entries


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
