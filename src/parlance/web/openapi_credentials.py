"""Where a dialect's requests show who sends them: found in its own examples, not written down a second time."""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import unquote

from parlance.contract.provider import Dialect
from parlance.model.sender import Account, Route, Sender
from parlance.model.value import dataclass
from parlance.web.paths import Paths

SENDER = "972770000111"
CUSTOMER = "972550000222"
_ENTROPY = bytes(range(64))
"""What the credentials shown in the document are made of; no sender ever has these."""

_SHORTEST = 8
"""A header holds a credential when it holds a value at least this long: a short one may be in it by chance."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The names under which requests show credentials, with their values: headers, path parts, members of bodies."""

    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)


def sample(dialect: Dialect) -> Credentials:
    """The credentials of a sender that does not exist, where this dialect shows them."""
    account = Account(1, "example", 1, 0)
    route = Route(3, 2, "", SENDER)
    sender = Sender(2, account.id, account.name, SENDER, "Example", 1, 0, (route,))
    return shown(dialect, dialect.issue(account, sender, _ENTROPY, {}).shown)


def shown(dialect: Dialect, issued: Mapping[str, Any]) -> Credentials:
    """Credentials as `sender add` prints them (`issued`), where this dialect's requests show them."""
    values = {str(value) for value in issued.values()}
    paths: Paths[None] = Paths()
    for verb, path, ignore_case in {(each.method, each.path, each.ignore_case) for each in dialect.endpoints}:
        paths.add(verb, path, None, ignore_case=ignore_case)
    found = Credentials()
    for request in dialect.example(issued, CUSTOMER):
        for name, value in request.headers.items():
            if any(len(each) >= _SHORTEST and each in value for each in values):
                found.headers[name.lower()] = value
        for _, params in paths.find(unquote(request.path)):
            found.params.update((name, value) for name, value in params.items() if value in values)
        found.members.update((name, value) for name, value in _members(request.body) if str(value) in values)
    return found


def _members(body: bytes) -> list[tuple[str, Any]]:
    try:
        read = json.loads(body)
    except ValueError:
        return []
    return list(read.items()) if isinstance(read, dict) else []
