"""The variables of a callback profile: what they stand for, and how they are put into addresses and bodies (§10.4).

They say what the payload of the second version says, under the names of the first.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from parlance.model.event import Customer, Event
from parlance.model.message import Choice, Content, Media, Text

_VARIABLE = re.compile(r"<([a-z][a-z0-9_]*)>")


def of_status(event: Event, customer: Customer, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the variables of a status are; `payload` is the one of the second version."""
    extra = payload["extra_info"]
    code, error = payload.get("code", ""), payload.get("reason", "")
    for value in (payload["meta_object"]["value"],) if "meta_object" in payload else ():
        for each in value["statuses"][0].get("errors", ()):
            code, error = str(each["code"]), each["title"]
    return {
        "id": payload["message_id"],
        "custom_response": "",
        "timestamp": str(event.at // 1000),
        "mobile": customer.address.value,
        "message": _text(event.content),
        "status": payload["status"],
        "phone_number": event.number,
        "error": error,
        "error_code": code,
        **{name: extra[name] for name in ("ref", "ref1", "ref2")},
    }


def of_incoming(event: Event, customer: Customer, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the variables of an incoming message are; `contacts` and `location` keep their JSON."""
    message = payload["meta_object"]["value"]["messages"][0]
    media = event.content if isinstance(event.content, Media) else Media("")
    text = _text(event.content)
    return {
        "body": text,
        "mime_type": media.mime,
        "media_url": payload["extra_info"]["media_url"],
        "from": customer.address.value,
        "name": customer.name,
        "type": message["type"],
        "created_at": f"{datetime.fromtimestamp(event.at // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "reply_to": payload["extra_info"]["reply_to"],
        "wanumber": event.number,
        "mobile": customer.address.value,
        "custom_response": "",
        "message": text,
        "contacts": message.get("contacts", ""),
        "location": message.get("location", ""),
    }


def _text(content: Content | None) -> str:
    match content:
        case Text(body=text) | Media(caption=text) | Choice(title=text):
            return text
        case _:
            return ""


# ---- filling


def fill_url(url: str, variables: Mapping[str, Any], *, whole: bool) -> str:
    """Put variables into an address's query; with `whole` all of them, where the address itself names none."""
    address, mark, query = url.partition("?")
    if any(name in variables for name in _VARIABLE.findall(query)):
        return f"{address}?{_VARIABLE.sub(lambda found: _quoted(found, variables), query)}"
    if not whole:
        return url
    told = urlencode({name: _shown(value) for name, value in variables.items()}, quote_via=quote, errors="replace")
    return f"{address}?{query}&{told}" if mark and query else f"{address}?{told}"


def _quoted(found: re.Match[str], variables: Mapping[str, Any]) -> str:
    return quote(_shown(variables.get(found[1], "")), safe="", errors="replace")


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fill_body(body: Any, variables: Mapping[str, Any]) -> Any:
    """Put variables into the texts of a JSON value. A text that is one variable becomes its value, whatever type."""
    match body:
        case dict():
            return {name: fill_body(value, variables) for name, value in body.items()}
        case list():
            return [fill_body(value, variables) for value in body]
        case str():
            alone = _VARIABLE.fullmatch(body)
            if alone and alone[1] in variables:
                return variables[alone[1]]
            return _VARIABLE.sub(lambda found: _shown(variables.get(found[1], found[0])), body)
        case _:
            return body
