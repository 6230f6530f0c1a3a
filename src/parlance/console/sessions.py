"""Who is logged in: a signed, expiring value that the browser keeps in a cookie, and links that log in once.

The signing key follows from the admin token, so that another token ends every session, and any node of an installation
knows the sessions of the others.
"""

from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest

from parlance.contract.world import Clock

LIFE = 12 * 3_600_000
"""How long a session lasts that is not used (milliseconds); opening a page in its second half prolongs it."""

INVITED = 3_600_000
"""How long a link that logs in once may wait to be used (milliseconds)."""

_MOST_CLOSED = 10_000
_LONGEST = 200


class Sessions:
    """Opens, knows and closes sessions."""

    def __init__(self, admin_token: str, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        """`entropy` gives random bytes."""
        self._token = admin_token.encode()
        self._key = blake2b(self._token, digest_size=32, person=b"console key").digest()
        self.clock = clock
        self._entropy = entropy
        self._closed: dict[str, int] = {}
        self._invited: dict[str, int] = {}
        self.cookie = f"parlance_{self._sign('cookie')[:8]}"
        """The cookie's name; browsers do not keep apart the ports of a host, so each gateway has its own."""

    def admits(self, token: str) -> bool:
        """Whether this is the admin token."""
        return compare_digest(token.strip().encode(), self._token)

    def open(self) -> str:
        """Begin a session; gives the cookie's value."""
        body = f"{self.clock.now() + LIFE:x}.{self._entropy(12).hex()}"
        return f"{body}.{self._sign(body)}"

    def ends(self, value: str) -> int | None:
        """When the session of this cookie's value ends (Unix milliseconds); None when there is none."""
        body, _, mac = value.rpartition(".")
        if len(value) > _LONGEST or not compare_digest(mac.encode(), self._sign(body).encode()):
            return None
        until = int(body.partition(".")[0], 16)
        return until if until > self.clock.now() and value not in self._closed else None

    def close(self, value: str) -> None:
        """End a session here at once; its cookie must be taken away as well."""
        now = self.clock.now()
        self._closed = {each: until for each, until in self._closed.items() if until > now}
        if (until := self.ends(value)) is not None and len(self._closed) < _MOST_CLOSED:
            self._closed[value] = until

    def invite(self) -> str:
        """Make a code that logs in once, within `INVITED`."""
        code = self._entropy(24).hex()
        self._invited[code] = self.clock.now() + INVITED
        return code

    def redeem(self, code: str) -> bool:
        """Use a code up; whether it was good."""
        return self._invited.pop(code, 0) > self.clock.now()

    def _sign(self, body: str) -> str:
        return blake2b(body.encode(), digest_size=24, key=self._key).hexdigest()
