"""Which addresses a webhook may be sent to."""

import ipaddress
from urllib.parse import urlsplit

_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


def is_private(address: str) -> bool:
    """Whether an IP address is not a public one: private, loopback, link-local, shared, reserved, multicast or nothing.

    IPv4 addresses wrapped in IPv6 (mapped, 6to4, NAT64) are judged by what they wrap.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in ipaddress.IPv6Network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return is_private(str(inner))
    return not parsed.is_global or parsed.is_multicast


def fault_of(url: str, *, allow_private: bool) -> str:
    """Say why a webhook address cannot be used, empty when it can, as far as its text tells.

    Names are looked up, and judged again, when the request is made.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "it is not a web address"
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "it is not an http or https address"
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in url):
        return "it holds blanks or control characters"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password"
    if allow_private:
        return ""
    bare = host.rstrip(".").lower()
    if bare == "localhost" or bare.endswith(_LOCAL_NAMES):
        return "it points to this machine or its own network"
    if ":" in bare or bare.replace(".", "").isdigit():
        return "it points to this machine or its own network" if is_private(bare) else ""
    return ""
