"""`parlance doctor`: looks at everything that commonly goes wrong, and says what to do about it."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Failed, JsonOption, Place, UrlOption
from parlance.model.value import dataclass

if TYPE_CHECKING:
    from parlance.settings import Settings

_LEAST_FREE = 512 * 1024 * 1024
_MOST_SKEW = 5.0
_PATIENCE = 5.0
_NTP_REPAIR = "Switch time synchronisation on (timedatectl set-ntp true): windows and signatures need the right time."


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at one thing found; all is well without a `fault`."""

    what: str
    fault: str = ""
    repair: str = ""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(doctor)


def doctor(*, data: DataOption = None, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """Check settings, disk, database, clock, routes at their vendors, webhooks; say what is wrong and what to do.

    Exit code 1 when something is wrong. Vendors are asked only questions that change nothing.

    Example: `parlance doctor`
    """
    found = [*_settings(data, url), *_gateway(Place(data, url))]
    faults = [each for each in found if each.fault]
    if as_json:
        show.as_json([asdict(each) for each in found])
    else:
        for each in found:
            _print(each)
    if faults:
        raise Failed(f"{len(faults)} of {len(found)} checks found something wrong.")


def _print(found: Found) -> None:
    if not found.fault:
        show.line(f"{typer.style('ok', fg='green')}     {found.what}")
        return
    show.line(f"{typer.style('WRONG', fg='red', bold=True)}  {found.what}: {found.fault}")
    if found.repair:
        show.line(f"       {found.repair}")


# ---- this machine


def _settings(data: Any, url: str | None) -> Iterator[Found]:
    from parlance.settings import ServeSettings, SettingsFault, load  # noqa: PLC0415

    if url:
        return
    try:
        settings = load(ServeSettings, data=data)
    except SettingsFault as fault:
        for each in fault.faults:
            setting, _, repair = each.partition(": ")
            yield Found("settings", setting, repair)
        return
    yield Found("settings")
    yield from _disk(settings)


def _disk(settings: "Settings") -> Iterator[Found]:
    try:
        free = shutil.disk_usage(settings.data).free
    except OSError as fault:
        yield Found("disk", f"{settings.data} cannot be looked at: {fault.strerror}", "Name the data folder by --data.")
        return
    if free < _LEAST_FREE:
        repair = "Make room, or let old messages go (message and payload retention)."
        yield Found("disk", f"{free // 1_048_576} MiB are free at {settings.data}", repair)
    else:
        yield Found("disk")


# ---- the gateway


def _gateway(place: Place) -> Iterator[Found]:
    try:
        senders = place.every("/senders")
    except Failed as fault:
        yield Found("gateway", str(fault), "Start it, or name its folder by --data or its address by --url.")
        return
    yield Found("gateway and database")
    routes: list[dict[str, Any]] = []
    for sender in senders:
        yield from _sender(place, sender, routes)
    outside = [route for route in routes if route["carrier"] != "sandbox"]
    yield from _reached(outside)
    yield from _clock(
        {value for route in outside for value in route["settings"].values() if value.startswith("https://")}
    )
    yield from _webhooks(place)


def _reached(routes: list[dict[str, Any]]) -> Iterator[Found]:
    """Whether vendors can call at all: only by an address that is known beyond this network."""
    from parlance.checks import is_near  # noqa: PLC0415

    if not routes:
        return
    address = urlsplit(str(routes[0]["callback_url"]))
    if address.scheme == "https" and not is_near(address.hostname or ""):
        yield Found("public address")
    else:
        repair = "Set public_url to the https:// address under which vendors reach the gateway, or let the route fetch."
        yield Found("public address", f"vendors cannot call {address.scheme}://{address.netloc}", repair)


def _clock(addresses: set[str]) -> Iterator[Found]:
    """Compare this machine's clock with those of the vendors it sends by, the first of them that tells the time."""
    import httpx  # noqa: PLC0415

    for address in sorted(addresses):
        try:
            stated = httpx.head(address, timeout=_PATIENCE).headers["date"]
            skew = abs(time.time() - parsedate_to_datetime(stated).timestamp())
        except (httpx.HTTPError, KeyError, ValueError):
            continue
        if skew < _MOST_SKEW:
            yield Found("clock")
        else:
            yield Found("clock", f"it is {skew:.0f} s off that of {urlsplit(address).hostname}", _NTP_REPAIR)
        return


def _sender(place: Place, sender: dict[str, Any], routes: list[dict[str, Any]]) -> Iterator[Found]:
    name = f"sender {sender['sender']} of account {sender['account']}"
    if sender["held"]:
        yield Found(name, f"it is held: {sender['held']}", "See the sender's state; release it when that is mended.")
    path = f"/senders/{quote(str(sender['id']), safe='')}/routes"
    for route in place.ask("GET", path)["items"]:
        if not (route["active"] or route["backup"]):
            continue
        title = f"{name}, route {route['carrier']}"
        routes.append(route)
        if route["held"]:
            repair = f"Mend it, then: parlance sender route {sender['sender']} --carrier {route['carrier']} --set …"
            yield Found(title, f"it is held: {route['held']}", repair)
        try:
            looked = place.ask("POST", f"{path}/{route['id']}/check")["items"]
        except Failed as fault:
            yield Found(title, str(fault))
            continue
        yield from (Found(f"{title}, {each['what']}", each["fault"], each["repair"]) for each in looked)


def _webhooks(place: Place) -> Iterator[Found]:
    """Webhooks that fail, each address once with what it last said."""
    failing: dict[str, str] = {}
    for state in ("due", "dead"):
        for each in place.ask("GET", "/deliveries", query={"state": state, "limit": "500"})["items"]:
            if each["last_error"]:
                failing[str(each["subscription_id"])] = str(each["last_error"])
    for subscription in place.every("/subscriptions"):
        name = f"webhook {subscription['url'] or '(pulled)'} of {subscription['dialect']}"
        error = failing.get(str(subscription["id"]), "")
        repair = "See that it answers 2xx in time; then replay (console, or POST /admin/v1/deliveries/replay)."
        yield Found(name, error, repair if error else "")
