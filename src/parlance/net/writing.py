"""Writes requests: what the address says once for each host, the rest once for each request."""

import base64
import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from parlance.model.wire import WireRequest
from parlance.net.connection import Key
from parlance.rules import targets

MOST_ORIGINS = 4_096
"""Hosts, as they stand in addresses, that are remembered."""

_UNUSABLE = "it is not a web address"
_UNSAYABLE = "its headers cannot be sent"

# Blanks and control characters would end the line; the part behind # stays here.
_URL = re.compile(r"(https?://[^/?#\\\x00-\x20\x7f]+)([^#\x00-\x20\x7f]*)(?:#[^\x00-\x20\x7f]*)?", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OURS = frozenset({
    "accept", "accept-encoding", "authorization", "content-length", "host", "transfer-encoding", "user-agent",
})  # fmt: skip


class Unsayable(ValueError):
    """The request cannot be put as HTTP."""


class Origin:
    """Where requests go: whom to connect to, and the fields that all of them carry."""

    __slots__ = ("fields", "head", "host", "key", "port", "tls")

    def __init__(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port
            if ":" not in host:
                host = host.encode("idna").decode()
        except ValueError:
            raise Unsayable(_UNUSABLE) from None
        if not host or port == 0 or _is_odd(host):
            raise Unsayable(_UNUSABLE)
        self.tls = parts.scheme == "https"
        usual = 443 if self.tls else 80
        self.host = host
        self.port = port or usual
        self.key: Key = (self.tls, host, self.port)
        name = f"[{host}]" if ":" in host else host.rstrip(".")
        self.fields = {
            "host": f"Host: {name}\r\n" if self.port == usual else f"Host: {name}:{self.port}\r\n",
            "user-agent": "user-agent: Parlance\r\n",
            "accept": "Accept: */*\r\n",
            "accept-encoding": "Accept-Encoding: gzip, deflate\r\n",
        }
        if parts.username or parts.password:
            self.fields["authorization"] = f"Authorization: {_basic(parts.username or '', parts.password or '')}\r\n"
        self.head = "".join(self.fields.values())


def _is_odd(host: str) -> bool:
    """Whether a host is a number that only some take for an address, such as 127.1."""
    if not host.replace(".", "").isdigit():
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def _basic(name: str, password: str) -> str:
    name, password = unquote(name), unquote(password)
    if ":" in name:
        raise Unsayable(_UNUSABLE)
    try:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode("latin-1")).decode()
    except UnicodeEncodeError:
        raise Unsayable(_UNUSABLE) from None


class Writer:
    """Writes requests, and remembers the hosts they went to and the names of fields that may be sent.

    `guarded`: hosts that webhooks may not reach are refused, as far as the text of an address tells.
    """

    def __init__(self, *, guarded: bool = False) -> None:
        self._guarded = guarded
        self._origins: dict[str, Origin] = {}
        self._names: dict[str, str] = {}

    def write(self, request: WireRequest) -> tuple[Origin, bytes]:
        """Give where a request goes and its bytes; raises `Unsayable`."""
        found = _URL.fullmatch(request.url)
        if found is None:
            raise Unsayable(self._fault_of(request.url) or _UNUSABLE)
        address, target = found.groups()
        origin = self._origins.get(address) or self._met(address)
        method, body = request.method.upper(), request.body
        if not _TOKEN.fullmatch(method):
            raise Unsayable(_UNSAYABLE)
        if target[:1] != "/":
            target = "/" + target
        head = f"{method} {target} HTTP/1.1\r\n{self._fields(origin, request.headers, len(body))}"
        if body or method not in _BODILESS:
            head = f"{head}Content-Length: {len(body)}\r\n\r\n"
        else:
            head += "\r\n"
        try:
            return origin, head.encode() + body
        except UnicodeEncodeError:
            raise Unsayable(_UNSAYABLE) from None

    def _met(self, address: str) -> Origin:
        if fault := self._fault_of(address):
            raise Unsayable(fault)
        if len(self._origins) >= MOST_ORIGINS:
            self._origins.clear()
        self._origins[address] = origin = Origin(address)
        return origin

    def _fault_of(self, url: str) -> str:
        """Say what is wrong with a webhook's address; nothing of it is said behind the host."""
        return targets.fault_of(url, allow_private=False) if self._guarded else ""

    def _fields(self, origin: Origin, headers: Mapping[str, str], size: int) -> str:
        usual = origin.head
        lines = ""
        for name, value in headers.items():
            known = self._names.get(name) or self._checked(name)
            # What is printable holds no control character, and that is quicker to see.
            if not value.isprintable() and _CONTROL.search(value):
                raise Unsayable(_UNSAYABLE)
            if known in _OURS:
                if known == "authorization" and known in origin.fields:
                    raise Unsayable("it holds a user name beside the header of that purpose")
                if known == "transfer-encoding" or (known == "content-length" and value != str(size)):
                    raise Unsayable(_UNSAYABLE)
                if known == "content-length":
                    continue
                usual = usual.replace(origin.fields.get(known, ""), "", 1)
            lines += f"{name}: {value}\r\n"
        return usual + lines

    def _checked(self, name: str) -> str:
        if not _TOKEN.fullmatch(name):
            raise Unsayable(_UNSAYABLE)
        if len(self._names) >= MOST_ORIGINS:
            self._names.clear()
        self._names[name] = known = name.lower()
        return known
