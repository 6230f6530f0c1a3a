"""HTTP as plain values: what came in, what goes out, without a socket in sight."""

from collections.abc import Mapping
from dataclasses import field
from urllib.parse import parse_qsl

from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request.

    `url` is path and query for a request that reached us, an absolute address for one we make. Header names are lower
    case. `params` holds the named parts of the endpoint's path. `received_at` (Unix milliseconds) and `request_id` are
    set by the inlet, for those answers that need them.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    received_at: int = 0
    request_id: str = ""

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.url.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's fields; the last of equal names wins."""
        return dict(parse_qsl(self.url.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class WireResponse:
    """One HTTP response. Header names are lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
