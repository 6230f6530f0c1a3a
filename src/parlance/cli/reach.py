"""Where a running gateway answers: for commands that need one, because only a running gateway sends."""

from urllib.parse import urlsplit

import aiohttp

from parlance.cli.admin import is_gateway, settings_of
from parlance.cli.place import Failed, Place
from parlance.folder import DataFolder, FolderFault
from parlance.model.value import dataclass
from parlance.settings import is_loopback

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A gateway's address and admin token. `near`: it is on this machine, so that no proxy stands between."""

    url: str
    token: str
    near: bool

    def address(self, path: str) -> str:
        """The whole address of a call of the admin API."""
        return f"{self.url}/admin/v1{path}"

    @property
    def headers(self) -> dict[str, str]:
        """What opens the admin API."""
        return {"authorization": f"Bearer {self.token}"}

    def session(self, connections: int, silence: float | None = None) -> aiohttp.ClientSession:
        """A client that keeps so many connections open. `silence` limits the pauses of an answer that never ends."""
        limit = aiohttp.ClientTimeout(
            total=None if silence else ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=silence
        )
        connector = aiohttp.TCPConnector(limit=connections)
        return aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=not self.near)


def reach(place: Place) -> Reached:
    """Find the running gateway that `--data` or `--url` means; raises `Failed` when there is none, or no token."""
    settings = settings_of(data=place.data)
    folder = DataFolder(settings.data)
    given = settings.admin_token.get_secret_value()
    try:
        if place.url is not None:
            near = _is_near(place.url)
            # The folder's token is for gateways on this machine: it is not told to others.
            url, token = place.url.rstrip("/"), given or (folder.known_admin_token() if near else "")
        else:
            running = folder.running()
            if running is None or not is_gateway(running.url):
                raise Failed(
                    f"No gateway runs on the data folder {settings.data}, and only a running one sends. "
                    "Start it with parlance serve or parlance dev, or name another with --data or --url."
                )
            near, url, token = True, running.url, given or folder.known_admin_token()
    except FolderFault as fault:
        raise Failed(str(fault)) from None
    if not token:
        raise Failed("Put the gateway's admin token into PARLANCE_ADMIN_TOKEN.")
    return Reached(url, token, near)


def look_again(place: Place, before: Reached) -> Reached:
    """Where the gateway answers now: one that was started again may do so elsewhere."""
    if place.url is not None:
        return before
    try:
        return reach(place)
    except Failed:
        return before


def _is_near(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        host = None
    if not host:
        raise Failed(f"{url!r} is no address. Give one such as http://127.0.0.1:8900.")
    return is_loopback(host)
