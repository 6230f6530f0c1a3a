"""`POST /admin/v1/messages`: what operators send themselves, by the same way in as every dialect's messages."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, with_config
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # as in shapes

from parlance.engine.arrangements import OURS
from parlance.engine.rehearsal import Rehearsal
from parlance.formats.canonical import read_content
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.command import Accepted, QuoteRef, SendMessage
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import to_text
from parlance.model.message import Content, Message, Text
from parlance.model.sender import Sender
from parlance.web import shapes, show
from parlance.web.forms import Form, Line, Prose, Value, answer, read_form
from parlance.web.inlet import DROPPED, MESSAGE_ID
from parlance.web.lookup import PUNCTUATION, find_sender
from parlance.web.openapi_calls import Call, documented
from parlance.web.problems import BadBody, read_query

if TYPE_CHECKING:
    from parlance.engine.house import Engine

REPEATED = "parlance-repeated"
"""The header of an answer that is the first one again: the key was used before, and nothing more was sent."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NUMBER = re.compile(r"[1-9][0-9]{5,14}", re.ASCII)
_MOST_CARDS = 257
_MOST_TEXT = 65_536


def _absent(value: object) -> object:
    """An empty text says as little as none."""
    return None if value == "" else value


Some = Annotated[Line | None, BeforeValidator(_absent)]
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{5,20}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class SentPhone(Form):
    """A number of a card. With a `wa_id` the customer's phone offers to write to it."""

    phone: Line
    type: Some = None
    wa_id: Annotated[Digits | None, BeforeValidator(_absent)] = None


class SentEmail(Form):
    """An e-mail address of a card."""

    email: Line
    type: Some = None


class SentAddress(Form):
    """A postal address of a card."""

    street: Prose | None = None
    city: Some = None
    state: Some = None
    zip: Some = None
    country: Some = None
    country_code: Some = None
    type: Some = None


class SentOrganisation(Form):
    """Where a card's person works."""

    company: Some = None
    department: Some = None
    title: Some = None


class SentUrl(Form):
    """A web address of a card."""

    url: Annotated[str, StringConstraints(max_length=2_048, pattern=r"^[^\x00-\x20\x7f]+$")]
    type: Some = None


class SentCard(Form):
    """A contact, as the sandbox API shows it; what that adds of its own (`button`) is passed over."""

    formatted: Line
    first: Some = None
    middle: Some = None
    last: Some = None
    prefix: Some = None
    suffix: Some = None
    phones: Annotated[list[SentPhone], Field(default_factory=list)]
    emails: Annotated[list[SentEmail], Field(default_factory=list)]
    addresses: Annotated[list[SentAddress], Field(default_factory=list)]
    organisation: SentOrganisation | None = None
    urls: Annotated[list[SentUrl], Field(default_factory=list)]
    birthday: Annotated[Day | None, BeforeValidator(_absent)] = None
    button: Literal["message", "invite"] | None = Field(None, exclude=True)


class SentParameter(Form):
    """A value put into a template; `value` is its text, or the link of a medium."""

    type: Line = "text"
    value: Prose = ""
    name: Some = None
    raw: dict[str, Any] | None = None


class SentComponent(Form):
    """The values of one part of a template."""

    type: Literal["header", "body", "button"]
    parameters: Annotated[list[SentParameter], Field(default_factory=list)]
    sub_type: Some = None
    index: Annotated[int | None, Field(ge=0, le=9)] = None


class SentTemplate(Form):
    """A template with its values; without a `language`, the account's only one of that name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$")]
    language: Some = None
    components: Annotated[list[SentComponent], Field(default_factory=list)]
    kind: Literal["template"] = "template"


EXAMPLES: list[JsonValue] = [
    {"sender": "972770000111", "to": "972550000222", "type": "text", "text": "Your table is ready."},
    {
        "sender": "972770000111",
        "to": "972550000222",
        "type": "contacts",
        "contacts": [{"formatted": "Dana Example", "phones": [{"phone": "+972 55 000 0333", "wa_id": "972550000333"}]}],
    },
    {
        "sender": "972770000111",
        "to": "972550000222",
        "type": "template",
        "template": {"name": "hello_world", "language": "en_US"},
    },
]


class NewMessage(Form):
    """A message to send: the member named like its type holds the content. `quote` is the id of one of the chat."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    sender: Value
    to: Value
    type: Literal["text", "contacts", "template"]
    text: Annotated[str, StringConstraints(max_length=_MOST_TEXT, pattern=r"^[^\x00]*$")] | None = None
    contacts: Annotated[list[SentCard], Field(min_length=1, max_length=_MOST_CARDS)] | None = None
    template: SentTemplate | None = None
    quote: Line | None = None


class HowToSend(BaseModel):
    """With `dry_run` the message is judged alone: nothing is stored and nothing sent."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False


@with_config(ConfigDict(extra="forbid"))
class Judged(TypedDict):
    """What would become of a message that was not sent: it would be accepted.

    `content` is what would leave, `dropped` what of it would not arrive by the carrier, `window_until` when the
    customer's window ends. `repeats` is the message sent under the same key before, in whose place nothing would be
    sent.
    """

    sender: str
    customer: str
    type: str
    content: dict[str, Any]
    carrier: str
    window_until: int | None
    dropped: list[str]
    repeats: str | None


class Sending:
    """Sending, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The one call."""
        return [Route("/admin/v1/messages", self.send, methods=["POST"])]

    @documented(
        Call(
            body=NewMessage,
            query=HowToSend,
            gives={201: shapes.WholeMessage, 200: Judged},
            refuses=(402, 404, 409, 429),
        )
    )
    async def send(self, request: Request) -> Response:
        """Send a message: 201 once it is stored. With `dry_run=true` it is judged alone, and the verdict answered.

        The header `Idempotency-Key` (1 to 255 visible ASCII characters) makes a repeat harmless for 7 days: it gets the
        first message again, with the header `Parlance-Repeated`. The same key with other content is refused with 409.
        """
        how = read_query(request, HowToSend)
        form = await read_form(request, NewMessage)
        key = _key(request)
        content = _content(form)
        sender = await find_sender(self._engine, form.sender)
        quote = None if form.quote is None else QuoteRef(form.quote, self._engine.intake.read_id(form.quote))
        command = SendMessage(read_address(form.to), content, quote, key=key)
        if how.dry_run:
            return answer(_judged(sender, command, await self._engine.intake.rehearse(sender, command)))
        reply = await self._engine.intake.handle(OURS, sender, command)
        if not isinstance(reply, Accepted):
            raise TypeError(f"not the answer to a message: {type(reply).__name__}")
        sent = answer(await whole(self._engine, reply.message), 201)
        sent.headers.update(_notes(reply))
        return sent


async def whole(engine: "Engine", message: Message) -> shapes.WholeMessage:
    """A message of ours with its ids and its history."""
    return {
        **show.message(message),
        "ids": engine.intake.show_ids(message.id, incoming=False),
        "history": [show.moment(each) for each in await engine.store.history(message.id)],
    }


def _judged(sender: Sender, command: SendMessage, rehearsal: Rehearsal) -> Judged:
    repeats = rehearsal.repeats
    return {
        "sender": sender.number,
        "customer": command.to.value,
        "type": rehearsal.content.kind,
        "content": show.content(rehearsal.content),
        "carrier": sender.route.carrier,
        "window_until": rehearsal.window_until,
        "dropped": list(rehearsal.dropped),
        "repeats": None if repeats is None else to_text(repeats.id),
    }


def _notes(reply: Accepted) -> dict[str, str]:
    notes = {MESSAGE_ID.decode(): to_text(reply.message.id)}
    if reply.dropped:
        notes[DROPPED.decode()] = ",".join(reply.dropped)
    return notes | ({REPEATED: "true"} if reply.repeated else {})


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Malformed("Idempotency-Key", "idempotency_key", "The key is 1 to 255 visible ASCII characters.")
    return key or ""


def read_address(text: str, path: str = "to") -> Address:
    """Read a recipient: a number in international form however it is written, or a business-scoped user id."""
    if USER_ID.fullmatch(text):
        return Address(AddressKind.USER, text)
    digits = text.translate(PUNCTUATION)
    if not _NUMBER.fullmatch(digits):
        raise Refusal(Fault.BAD_RECIPIENT, path, "It is no number with its country code.")
    return phone(digits)


def _content(form: NewMessage) -> Content:
    """Take the content out of the one member that may hold it."""
    for name in ("text", "contacts", "template"):
        given = getattr(form, name) is not None
        if given != (name == form.type):
            raise BadBody([{"path": name, "kind": "extra_forbidden" if given else "missing"}])
    if form.contacts is not None:
        _check_cards(form.contacts)
        return read_content({"kind": "contacts", "cards": [card.model_dump() for card in form.contacts]})
    if form.template is not None:
        return read_content(form.template.model_dump())
    text = form.text or ""
    if not text.strip():
        raise Refusal(Fault.EMPTY_TEXT, "text")
    return Text(text)


def _check_cards(cards: Sequence[SentCard]) -> None:
    for place, card in enumerate(cards):
        if not card.formatted.strip():
            raise Refusal(Fault.EMPTY_NAME, f"contacts[{place}].formatted")
        for number, each in enumerate(card.phones):
            if not each.phone.strip():
                raise Refusal(Fault.EMPTY_PHONE, f"contacts[{place}].phones[{number}].phone")
        if card.birthday and not _is_day(card.birthday):
            raise Refusal(Fault.BAD_VALUE, f"contacts[{place}].birthday", "The birthday is no day of the calendar.")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
