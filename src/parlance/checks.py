"""What can be wrong with settings, each told in a few words with what to do about it."""

import ipaddress
import math
import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parlance.folder import ADMIN_TOKEN_FILE, DEMO_FILE, SECRET_KEY_FILE

FILE = "parlance.toml"
PREFIX = "PARLANCE_"
HIGHEST_PORT = 65_535

ROLES = ("api", "dispatch", "announce", "console")
"""What a process may do: serve the APIs, send messages, call webhooks, show the console."""

_LEAST_BITS = 40
"""What a secret must be worth, counted by how often each of its characters occurs."""

_PLACEHOLDERS = ("changeme", "changeit", "password", "secretkey", "admintoken", "yoursecret", "yourtoken", "example")
_OWNER_ONLY = (SECRET_KEY_FILE, ADMIN_TOKEN_FILE, DEMO_FILE, "parlance.db", "parlance.db-wal")


def weak_secret(text: str) -> str:
    """Why a secret is easily guessed; empty when it is not."""
    plain = "".join(filter(str.isalnum, text.lower()))
    if any(each in plain for each in _PLACEHOLDERS):
        return "it reads like the placeholder of an example"
    size = len(text)
    bits = -sum(count * math.log2(count / size) for count in Counter(text).values())
    repeated = any(text == text[:period] * (size // period) for period in range(1, size // 2 + 1) if size % period == 0)
    return "it is easily guessed" if bits < _LEAST_BITS or repeated else ""


def open_rights(folder: Path) -> str:
    """What in a data folder other users of the machine may read or change, and the repair; empty when all is well."""
    rights = folder.stat().st_mode if folder.is_dir() else 0
    if rights & stat.S_IWOTH:
        return f"every user of this machine may change what is in {folder}; run: chmod o-w {folder}"
    if not rights & (stat.S_IXGRP | stat.S_IXOTH):
        return ""
    loose = [
        str(file)
        for name in _OWNER_ONLY
        if (file := folder / name).is_file() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    return f"other users of this machine may read secrets in it; run: chmod 600 {' '.join(loose)}" if loose else ""


def networks(text: str) -> list[str]:
    """Addresses and networks with commas between, each in its usual form; raises `ValueError` naming one that is none.

    A network that holds everybody is none: whoever wrote a header would then be believed.
    """
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ipaddress.ip_network(part)
        except ValueError:
            raise ValueError(f"{part} is no address or network; give such as 10.0.0.7 or 10.0.0.0/8") from None
        if network.prefixlen == 0:
            raise ValueError(f"{part} is everybody; name the proxies alone")
        found.append(str(network if "/" in part else network.network_address))
    return found


def usable_folder(given: Path) -> Path:
    """A data folder, `~` resolved, that is or can be made; raises `ValueError`."""
    folder = given.expanduser()
    known = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not known.is_dir():
        raise ValueError(f"{known} is a file; name a folder")
    if not os.access(known, os.R_OK | os.W_OK | os.X_OK):
        raise ValueError(f"{known} cannot be read and written by this user; change its rights or name another folder")
    return folder


def public_address(url: str, host: str) -> str:
    """The address a gateway that listens on `host` is reached under; raises `ValueError`, also where there must be one.

    In clear it may only be one that looks like the operator's own network.
    """
    if not url:
        if not is_loopback(host):
            raise ValueError(f"the gateway listens on {host}; give the https:// address it is reached under")
        return url
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("give an address such as https://gateway.example.com")
    if parts.scheme == "http" and not is_near(parts.hostname):
        raise ValueError("keys would travel in clear; use https")
    return url.rstrip("/")


def host_and_port(text: str) -> str:
    """HOST:PORT, or nothing; raises `ValueError`."""
    host, _, port = text.rpartition(":")
    if text and (not host or not port.isdecimal() or int(port) > HIGHEST_PORT):
        raise ValueError("give HOST:PORT, such as 127.0.0.1:8901")
    return text


def secret(text: str, least: int) -> None:
    """Raises `ValueError` for a secret that is too short or cannot stand in a header."""
    if text and len(text) < least:
        raise ValueError(f"give at least {least} characters, or leave the setting out to have one made")
    if not text.isascii() or not (text.isprintable() and " " not in text):
        raise ValueError("use ASCII letters, digits and marks without blanks")


def clear_text(public_url: str, host: str, admin_listen: str) -> None:
    """Raises `ValueError` where secrets would travel beyond this machine in clear."""
    if public_url.startswith("http:") and not is_loopback(host):
        raise ValueError(
            f"clients would send their keys in clear to {public_url}; put a proxy with TLS before it and give its "
            "https:// address, or set it to true where the network is all your own"
        )
    place = admin_listen.rpartition(":")[0]
    if place and not is_loopback(place):
        raise ValueError(
            f"the admin token would travel in clear to {admin_listen}; listen on 127.0.0.1, or set it to true where a "
            "proxy with TLS stands before it or the network is all your own"
        )


def is_shared(database: object) -> bool:
    """Whether several nodes can share this database."""
    return isinstance(database, str) and database.startswith(("postgresql://", "postgres://"))


def roles(text: str, *, shared: bool) -> str:
    """Roles with commas between, in their usual order; raises `ValueError`. Only nodes that share may have fewer."""
    named = [role.strip() for role in text.split(",")]
    if unknown := next((role for role in named if role not in ROLES), None):
        raise ValueError(f"there is no role {unknown}; name some of {','.join(ROLES)}")
    if not shared and not set(ROLES) <= set(named):
        raise ValueError("only nodes that share a PostgreSQL database can divide the work; see database")
    return ",".join(role for role in ROLES if role in named)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_near(host: str) -> bool:
    """Whether a name or address in a URL lies in the operator's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return address.is_private or address.is_loopback


REPAIRS = {
    "data": "give the path of a folder",
    "host": "give an address such as 127.0.0.1",
    "port": "give a whole number from 0 to 65535",
    **dict.fromkeys(("header_seconds", "body_seconds", "answer_seconds"), "give a number of seconds from 0.1 to 3600"),
    "lease_seconds": "give a whole number of seconds from 1 to 600",
    "keep_alive_seconds": "give a whole number of seconds from 1 to 3600",
    "header_bytes": "give a whole number from 1024 to 1048576",
    **dict.fromkeys(("retention_days", "retention_payload_days"), "give a whole number of days, at least 0"),
    "workers": "give a whole number from 1 to 64",
    "max_connections": "give a whole number from 16 to 1000000",
    "failed_logins": "give a whole number from 0 to 100000",
    **dict.fromkeys(("stall_minutes", "oldest_minutes"), "give a whole number of minutes, at least 0"),
    **dict.fromkeys(("tls_proxy", "sender_labels", "log_requests"), "give true or false"),
    "message_ttl_seconds": "give a whole number of seconds, at least 1",
    "unsure_hours": "give a whole number of hours, at least 1",
    "unsure_hold_seconds": "give a whole number of seconds, at least 0",
    "in_flight": "give a whole number from 1 to 1000",
    "request_limit_seconds": "give a whole number of seconds from 1 to 300",
    "allow_private_webhooks": "give true or false",
    "strict_templates": "give true or false",
    "log_json": "give true or false",
    "console": "give loopback, anywhere or off",
    "log_level": "give debug, info, warning or error",
}
_SECRETS = frozenset({"secret_key", "admin_token", "database"})


def sentence(fault: Any, flags: Mapping[str, object]) -> str:
    """Say one fault: which setting and where it was given, the value seen, what to do."""
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return f"{name} in {FILE} is no setting; take it out or correct its name"
    given = str(fault["input"]) if fault["input"] else ""
    seen = "not set" if not given else "(hidden)" if name in _SECRETS else repr(given)
    own = fault["type"] == "value_error"
    repair = fault["ctx"]["error"] if own else REPAIRS.get(name, "give a text")
    return f"{_place(name, flags)} is {seen}: {repair}"


def _place(name: str, flags: Mapping[str, object]) -> str:
    if name in flags:
        return f"--{name.replace('_', '-')}"
    if os.environ.get(f"{PREFIX}{name.upper()}"):
        return f"{PREFIX}{name.upper()}"
    return name
