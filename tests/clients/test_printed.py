"""The samples that vendors print, sent as they stand to a live gateway that has taken over number and keys."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from clients.conftest import Live
from parlance.contract.provider import Dialect
from parlance.formats.canonical import read_content
from parlance.model.message import Contacts, Text
from parlance.model.sender import Account, Route, Sender
from parlance.providers import discover
from vectors.files import Vector, body_of, drop, vectors

ACCOUNT = Account(1, "demo", 1, 0)
SENDER = Sender(1, 1, "demo", "972770000111", "Demo", 1, 0, (Route(1, 1, "sandbox", "972770000111"),))


def _is_printed(vector: Vector) -> bool:
    """Whether it is a vendor's own sample of a message that is taken, to a person."""
    command, reply = vector.canonical.get("command", {}), vector.document.get("reply", {})
    return (
        vector.side == "client→us"
        and vector.document["source"]["kind"] == "vendor page"
        and "printed" in vector.file.stem
        and command.get("is") == "SendMessage"
        and command["to"]["kind"] == "phone"
        and command["content"]["kind"] in {"text", "contacts"}
        and "quote" not in command
        and reply.get("status", 500) < 300
    )


PRINTED = [vector for name in discover() for vector in vectors(name) if _is_printed(vector)]


def _fields(dialect: Dialect, credential: Mapping[str, Any]) -> dict[str, str]:
    """The credentials of a sample under the names by which a sender takes them over."""
    issued = dialect.issue(ACCOUNT, SENDER, bytes([7]) * 64, {})
    secret = next(name for name, value in issued.shown.items() if value == issued.secret)
    fields = {secret: credential["secret"]}
    if issued.kept and credential.get("public"):
        fields[issued.kept[0]] = credential["public"]
    return fields


def _move_in(live: Live, vector: Vector, number: str) -> None:
    """Make a sender with the sample's number and keys, whose customer has just written."""
    dialect = vector.provider.dialect
    assert dialect is not None
    name, customer = vector.provider.name, vector.canonical["command"]["to"]["value"]
    fields = _fields(dialect, vector.canonical["credential"])
    for each in live.call("GET", "/admin/v1/senders", params={"number": number})["items"]:
        live.call("DELETE", f"/admin/v1/senders/{each['id']}")
    made = live.call(
        "POST",
        "/admin/v1/senders",
        json={"number": number, "credentials": {f"{name}.{field}": value for field, value in fields.items()}},
    )
    for words in ("Hi", *(str(value) for key, value in made["credentials"][name].items() if key.startswith("join"))):
        live.call(
            "POST",
            f"/sandbox/v1/phones/{customer}/messages",
            json={"to": made["id"], "type": "text", "text": words},
        )


def _shape(value: Any) -> Any:
    """A JSON value with nothing but its members' names and types."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return [_shape(each) for each in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("vector", PRINTED, ids=str)
def test_a_printed_sample_is_answered_as_printed(live: Live, vector: Vector) -> None:
    canonical = vector.canonical
    number = vector.context.get("sender", {}).get("number") or canonical["credential"].get("number") or SENDER.number
    _move_in(live, vector, number)
    request = vector.request()
    answer = live.http.request(
        request.method, request.url, content=request.body, headers={"authorization": "", **request.headers}
    )
    expected = vector.document["reply"]
    assert answer.status_code == expected["status"], answer.text
    said, printed = answer.json(), json.loads(body_of(expected))
    for pointer in vector.loose:
        drop(said, pointer)
        drop(printed, pointer)
    assert _shape(said) == _shape(printed)
    message = live.call("GET", f"/admin/v1/messages/{answer.headers['parlance-message-id']}")
    assert read_content(message["content"]) == read_content(canonical["command"]["content"])
    shown = live.call(
        "GET",
        f"/sandbox/v1/phones/{canonical['command']['to']['value']}/wait",
        params={"after": _before(message["id"])},
    )
    _is_shown(shown, canonical["command"]["content"])


def _before(message_id: str) -> str:
    return f"{int(message_id, 16) - 1:016x}"


def _is_shown(shown: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """The phone shows the text, or the cards with every field that was sent."""
    wanted = read_content(content)
    if isinstance(wanted, Text):
        assert shown["text"] == wanted.body
        return
    assert isinstance(wanted, Contacts)
    cards = [{name: value for name, value in card.items() if name != "button"} for card in shown["contacts"]]
    assert read_content({"kind": "contacts", "cards": cards}) == wanted
    buttons = ["message" if any(phone.wa_id for phone in card.phones) else "invite" for card in wanted.cards]
    assert [card["button"] for card in shown["contacts"]] == buttons


def test_there_are_samples_of_every_vendor_that_prints_any() -> None:
    assert {vector.provider.name for vector in PRINTED} >= {name for name in discover() if _prints(name)}


def _prints(name: str) -> bool:
    return any("printed" in vector.file.stem for vector in vectors(name))
