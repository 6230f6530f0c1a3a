"""Number and account as libraries ask for them: facts, registering, where webhooks go (spec/cloud-api.md §19)."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from parlance.formats import meta
from parlance.formats.meta_parts import Part, fill
from parlance.model.command import ChangeSettings, ReadSettings, Reply, Settings
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import wire
from parlance.rules import targets

APP: Final = "Parlance"


def _settings(reply: Reply) -> Settings:
    if not isinstance(reply, Settings):
        raise TypeError(f"not settings: {type(reply).__name__}")
    return reply


# ---- numbers


def read_number(request: WireRequest) -> ReadSettings:  # noqa: ARG001  whatever fields it asks for, it gets all
    """Read the call for the number, or for the numbers of the account."""
    return ReadSettings()


def write_number(reply: Reply) -> WireResponse:
    """Write what is known of the number."""
    return wire.answer(_number(_settings(reply)))


def write_numbers(reply: Reply) -> WireResponse:
    """Write the account's numbers as far as the token owns them: one."""
    return wire.answer({"data": [_number(_settings(reply))]})


def _number(settings: Settings) -> Mapping[str, Any]:
    """Nobody rates or verifies the number here, so the words for one in good standing stand there."""
    return {
        "id": settings.document["phone_number_id"],
        "display_phone_number": f"+{settings.sender.number}",
        "verified_name": settings.sender.name,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
    }


def read_register(request: WireRequest) -> ReadSettings:
    """Read the call that registers the number, which it is already; raises `Malformed`."""
    if fill(_Product, wire.parse(request)).messaging_product != meta.PRODUCT:
        raise Malformed("messaging_product", meta.WRONG_VALUE)
    return ReadSettings()


def write_done(reply: Reply) -> WireResponse:
    """Write that a call about the number or its webhooks was carried out."""
    _settings(reply)
    return wire.done()


class _Product(Part):
    messaging_product: str


# ---- webhooks


class _Override(Part):
    override_callback_uri: str | None = None
    verify_token: str | None = None


def read_subscribe(request: WireRequest) -> ChangeSettings:
    """Read where webhooks are to go, from the body or the query; without an address they end (spec/cloud-api.md §19).

    The address has to pass the handshake of §11.1. Raises `Malformed` and `Refusal(BAD_URL)`.
    """
    raw: Mapping[str, Any] = wire.parse(request) if request.body.strip() else request.query
    given = fill(_Override, raw)
    url, token = given.override_callback_uri, given.verify_token
    if not url:
        return ChangeSettings({"url": ""})
    if not token:
        raise Malformed("verify_token", meta.MISSING)
    if targets.fault_of(url, allow_private=True):
        raise Refusal(Fault.BAD_URL, "override_callback_uri")
    challenge = _challenge(request.request_id)
    shown = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
    joint = "&" if urlsplit(url).query else "?"
    proof = WireRequest("GET", f"{url.partition('#')[0]}{joint}{urlencode(shown)}")
    return ChangeSettings({"url": url, "verify_token": token}, proof, challenge.encode())


def _challenge(request_id: str) -> str:
    """Ten digits that nobody knows beforehand."""
    digest = blake2b(request_id.encode(), digest_size=8, person=b"cloud challenge").digest()
    return f"{int.from_bytes(digest, 'big') % 10**10:010d}"


def read_unsubscribe(request: WireRequest) -> ChangeSettings:  # noqa: ARG001  it asks for nothing but itself
    """Read the call that ends webhooks."""
    return ChangeSettings({"url": ""})


def write_subscribed(reply: Reply) -> WireResponse:
    """Write where webhooks go."""
    settings = _settings(reply)
    app: dict[str, Any] = {"whatsapp_business_api_data": {"id": settings.document["waba_id"], "name": APP}}
    url = settings.document["url"]
    if not url:
        return wire.answer({"data": []})
    return wire.answer({"data": [{**app, "override_callback_uri": url}]})
