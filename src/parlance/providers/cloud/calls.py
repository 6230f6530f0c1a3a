"""The Graph calls we make: where they go, and what every one of them carries (spec/cloud-api.md §1)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from parlance.contract.provider import Setting
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers.cloud import wire

HOST: Final = "https://graph.facebook.com"
VERSION: Final = "v25.0"
THROUGHPUT: Final = 80
"""Messages a second that a number may send unless it was upgraded (§12)."""

SETTINGS: Final = (
    Setting("access_token", "The token of a system user that may message and manage.", required=True, secret=True),
    Setting("phone_number_id", "The vendor's id of the number, digits; not the number itself.", required=True),
    Setting("waba_id", "The id of the WhatsApp Business Account, for templates, callbacks and account notices."),
    Setting("app_secret", "The app's secret, by which callbacks are known to be genuine.", secret=True),
    Setting("verify_token", "The text shown when the address is saved; empty: the address's own token.", secret=True),
    Setting("throughput", "Messages a second: 80; 1000 once upgraded, 20 beside the app.", "number", default="80"),
    Setting("version", "The version of the Graph API.", default=VERSION),
    Setting("base_url", "Where the API is.", "url", default=HOST),
)


def graph(
    route: Route,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> WireRequest:
    """Make a call; the parts of `path` are named as settings in braces, such as `{waba_id}/subscribed_apps`."""
    settings = route.settings
    parts = (quote(settings.get(part[1:-1], ""), safe="") if part[:1] == "{" else part for part in path.split("/"))
    start = (settings.get("base_url") or HOST).rstrip("/")
    url = "/".join((start, (settings.get("version") or VERSION).strip("/"), *parts))
    if query:
        url = f"{url}?{urlencode(query, quote_via=quote, safe=',')}"
    headers = {"authorization": f"Bearer {settings.get('access_token', '')}"}
    if body is None:
        return WireRequest(method, url, headers)
    return WireRequest(method, url, {**headers, "content-type": "application/json"}, wire.dump(body))


def throughput(route: Route) -> float:
    """Messages a second that the route's number may send; what is no number counts as the vendor's default."""
    try:
        given = float(route.settings.get("throughput") or THROUGHPUT)
    except ValueError:
        return THROUGHPUT
    return given if 0 < given < 1_000_000 else THROUGHPUT
