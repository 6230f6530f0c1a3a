"""State, reboot, logout and the code to scan (spec/greenapi.md §6.2 to §6.5); and the methods known but not served."""

import struct
import zlib
from base64 import b64encode
from typing import NoReturn

from parlance.model.command import ChangeSettings, Reply
from parlance.model.fault import Fault, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import settings, wire

_MODULES, _SCALE = 21, 4


def _is_authorized(reply: Reply) -> bool:
    found = settings.settled(reply)
    return settings.state_of(found.document, found.sender) == settings.AUTHORIZED


def write_state(reply: Reply) -> WireResponse:
    """Answer getStateInstance."""
    found = settings.settled(reply)
    return wire.answer({"stateInstance": settings.state_of(found.document, found.sender)})


def write_status(reply: Reply) -> WireResponse:
    """Answer getStatusInstance."""
    return wire.answer({"statusInstance": "online" if _is_authorized(reply) else "offline"})


def write_qr(reply: Reply) -> WireResponse:
    """Answer qr: there is nothing to scan with an authorized account, and nothing that could scan with another."""
    if _is_authorized(reply):
        return wire.answer({"type": "alreadyLogged", "message": "instance account already authorized"})
    return wire.answer({"type": "qrCode", "message": b64encode(_picture()).decode()})


def _picture() -> bytes:
    """A PNG that looks like a code to scan: its three corner marks, and no message."""
    rows = b""
    for y in range(_MODULES):
        dark = bytes(0 if _is_dark(x, y) else 255 for x in range(_MODULES) for _ in range(_SCALE))
        rows += (b"\0" + dark) * _SCALE
    size = _MODULES * _SCALE
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    written = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def _is_dark(x: int, y: int) -> bool:
    last = _MODULES - 4
    for mark_x, mark_y in ((3, 3), (last, 3), (3, last)):
        away = max(abs(x - mark_x), abs(y - mark_y))
        if away <= 4:
            return away in {0, 1, 3}
    return min(x, y) >= 8 and (x + y) % 2 == 0


def read_reboot(request: WireRequest) -> ChangeSettings:  # noqa: ARG001 - it asks for nothing but itself
    """Read reboot, which ends a yellow card."""
    return ChangeSettings({settings.REBOOT: True})


def write_rebooted(reply: Reply) -> WireResponse:
    """Answer reboot."""
    settings.settled(reply)
    return wire.answer({"isReboot": True})


def read_logout(request: WireRequest) -> ChangeSettings:  # noqa: ARG001 - it asks for nothing but itself
    """Read logout: the queue stands still until the account is authorized again."""
    return ChangeSettings({"stateInstance": "notAuthorized"})


def write_logged_out(reply: Reply) -> WireResponse:
    """Answer logout."""
    settings.settled(reply)
    return wire.answer({"isLogout": True})


def refuse_method(request: WireRequest) -> NoReturn:
    """Refuse a method that exists at the vendor but is not served here; always raises `Refusal(UNSUPPORTED)`."""
    raise Refusal(Fault.UNSUPPORTED, detail=f"The method {wire.method_of(request)} is not served here.")


def refuse_path(request: WireRequest) -> NoReturn:  # noqa: ARG001 - whatever it is
    """Refuse a path at which there is nothing; always raises `Refusal(UNKNOWN_METHOD)`."""
    raise Refusal(Fault.UNKNOWN_METHOD)


def write_nothing(reply: Reply) -> NoReturn:
    """Stand where a refused method would answer; it never has a reply."""
    raise TypeError(f"a refused method has no answer: {type(reply).__name__}")
