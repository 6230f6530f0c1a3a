"""The requests that clients send, made for whichever dialect there is.

A provider's carrier is also the client of its dialect: what it sends to its vendor is what the vendor's programs send.
So nothing here knows an API; `conformance` in the tests proves the same pairs right.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from parlance.contract.provider import Carrier, Dialect, Endpoint, Provider
from parlance.model.address import phone
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url
from parlance.model.ids import Id, to_text
from parlance.model.message import Contacts, Direction, Message
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers import discover
from parlance.web.paths import Paths
from pool import raw

FIRST_CUSTOMER = 972_550_000_000
TAG = re.compile(rb"bench-(\d+)-(\d+)")
"""Stands in every message: its serial number and its customer's number. By it each one is known wherever it is seen."""

BESIDE = "aside"
"""Stands in place of the tag's first word in messages that are there to be in the way, and are not counted."""

SAMPLE_SERIAL = 999_999_999
SAMPLE_CUSTOMER = "972559999999"

HOST = "http://gateway.invalid"
_SERIAL_BITS = 40
_STREET = (
    "Building 14, third floor, the green door beside the bakery, 27 Example Street, behind the old municipal library; "
    "deliveries by the courtyard, Sundays to Thursdays, eight to four; ring twice and ask for the reception desk or "
    "leave a note with the watchman at the gate"
)


@dataclass(frozen=True, slots=True)
class Api:
    """One provider's dialect with its client."""

    name: str
    title: str
    dialect: Dialect
    carrier: Carrier


def apis() -> list[Api]:
    """Every dialect that has a client, by title."""
    found = [
        Api(each.name, each.title, each.dialect, each.carrier)
        for each in discover().values()
        if each.dialect is not None and each.carrier is not None
    ]
    return sorted(found, key=lambda each: each.title)


def api_of(name: str) -> Api:
    """The dialect of this name."""
    return next(each for each in apis() if each.name == name)


def url_setting(carrier: Carrier) -> str | None:
    """The name of the setting by which a carrier is sent to another address, None where there is none."""
    return next((each.name for each in carrier.settings if each.kind == "url"), None)


def settings_for(carrier: Carrier, url: str, known: Mapping[str, Any]) -> dict[str, str]:
    """What a route of this carrier needs to call `url`.

    `known` are credentials by the names of the dialect, which are the carrier's own but for their spelling; what is
    required and not among them is made up.
    """
    folded = {_fold(name): str(value) for name, value in known.items()}
    made_up = {"number": "1100000000"}
    settings = {
        each.name: folded.get(_fold(each.name)) or made_up.get(each.kind, "bench0123456789abcdef")
        for each in carrier.settings
        if each.required
    }
    address = url_setting(carrier)
    return settings if address is None else {**settings, address: url}


def _fold(name: str) -> str:
    return name.replace("_", "").lower()


def customer(place: int) -> str:
    """The number of one customer."""
    return str(FIRST_CUSTOMER + place)


def card(known_by: str, number: str) -> Contacts:
    """One contact with all that most APIs have words for: about 700 bytes on the wire."""
    return Contacts(
        (
            ContactCard(
                f"Dana Example {known_by}",
                first="Dana",
                last="Example",
                phones=(Phone(f"+{number}", "CELL", number),),
                emails=(Email("dana.example@mail.example.com", "WORK"),),
                addresses=(PostalAddress(_STREET, "Tel Aviv-Yafo", country="Israel", type="WORK"),),
                organisation=Organisation("Example Trading Company Limited"),
                urls=(Url("https://www.example.com/people/dana-example?source=card", "WORK"),),
                birthday="1990-02-28",
            ),
        )
    )


def tag(serial: int, number: str) -> str:
    """What is written into a message to know it again; of the same length for all of them."""
    return f"bench-{serial:09d}-{number}"


def message_id(serial: int) -> Id:
    """The id under which the client knows a message."""
    return (1 << _SERIAL_BITS) + serial


def message(serial: int, number: str, dialect: str, sender: str) -> Message:
    """A message with a serial number to the customer of this number."""
    said = card(tag(serial, number), number)
    return Message(message_id(serial), Direction.OUT, 0, 0, sender, phone(number), said, dialect, 0)


def first_request(api: Api, route: Route, serial: int, to: str) -> WireRequest:
    """The request by which a client of this API sends one message, by its path alone; the route leads to `HOST`."""
    steps = api.carrier.send(message(serial, to, api.name, route.number), route)
    try:
        return by_path(next(steps).request)
    finally:
        steps.close()


def by_path(request: WireRequest) -> WireRequest:
    """A request to `HOST` as it reaches whoever lives there."""
    return replace(request, url=request.url.removeprefix(HOST))


def requests(
    api: Api, credentials: Mapping[str, Any], number: str, serials: Iterable[int], customers: int
) -> list[bytes]:
    """One request for each serial number, to one customer after the other, each with an idempotency key of its own.

    The client writes one of them; the others are the same but for what names the message and the customer.
    """
    route = Route(0, 0, api.name, number, settings_for(api.carrier, HOST, credentials))
    request = first_request(api, route, SAMPLE_SERIAL, SAMPLE_CUSTOMER)
    headers = {**request.headers, "idempotency-key": f"bench-{SAMPLE_SERIAL}"}
    wire = raw(request.method, request.url, headers, request.body)
    old_id, old_tag, old_number = to_text(message_id(SAMPLE_SERIAL)), f"bench-{SAMPLE_SERIAL}", SAMPLE_CUSTOMER.encode()
    return [
        wire.replace(old_id.encode(), to_text(message_id(serial)).encode())
        .replace(old_tag.encode(), b"bench-%09d" % serial)
        .replace(old_number, customer(turn % customers).encode())
        for turn, serial in enumerate(serials)
    ]


def endpoint_of(dialect: Dialect, request: WireRequest) -> tuple[Endpoint, WireRequest]:
    """Which endpoint of a dialect serves a request, and the request as it would be given to it."""
    paths: Paths[Endpoint] = Paths()
    for each in dialect.endpoints:
        paths.add(each.method, each.path, each, ignore_case=each.ignore_case)
    for verbs, params in paths.find(request.path):
        if request.method in verbs:
            return verbs[request.method], replace(request, params=params)
    raise LookupError(f"no endpoint takes {request.method} {request.path}")


def rate_of(api: Api, credentials: Mapping[str, Any], number: str) -> float | None:
    """How many messages a second the dialect lets one sender ask for, None where it sets no limit."""
    route = Route(0, 0, api.name, number, settings_for(api.carrier, HOST, credentials))
    return endpoint_of(api.dialect, first_request(api, route, 0, customer(0)))[0].rate


def free_carrier() -> Provider:
    """The first carrier, by title, that can be sent elsewhere, has no limits and needs its messages marked."""
    return _carrier(paced=False)


def paced_carrier() -> Provider:
    """The first carrier, by title, that can be sent elsewhere and lets each number send at WhatsApp's usual pace."""
    return _carrier(paced=True)


PACE = 80.0
"""Messages a second that WhatsApp lets an ordinary number send (spec/cloud-api.md §12)."""


def _carrier(*, paced: bool) -> Provider:
    for each in sorted(discover().values(), key=lambda one: one.title):
        carrier = each.carrier
        if carrier is None or each.dialect is None or url_setting(carrier) is None:
            continue
        limits = carrier.limits(Route(0, 0, each.name, "0", settings_for(carrier, HOST, {})))
        if paced and limits.per_second == PACE and not limits.gap:
            return each
        if not paced and not (limits.per_second or limits.gap or limits.pair or carrier.capabilities.idempotent_send):
            return each
    raise LookupError("no such carrier")
