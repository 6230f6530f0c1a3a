"""pywa, unchanged but for the host: its requests go to a live gateway, whose webhooks go to its own handlers."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pywa import errors, handlers, utils
from pywa.client import WhatsApp
from pywa.types import templates
from pywa.types.base_update import RawUpdate
from pywa.types.message import Message
from pywa.types.message_status import MessageStatus
from pywa.types.others import Contact

from clients.conftest import Live

PATIENCE = 10
_BODY: Any = templates.BodyText("Welcome, {{1}}!", "Dana")


class Elsewhere(httpx.HTTPTransport):
    """Sends what is meant for the vendor's host to the gateway."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "graph.facebook.com"
        url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        headers = {**request.headers, "host": f"{self._url.host}:{self._url.port}"}
        body = request.read()
        return super().handle_request(httpx.Request(request.method, url, headers=headers, content=body))


class Program:
    """A program written with pywa: what its handlers were called with, in order, and what its webhook answered."""

    def __init__(self, wa: WhatsApp) -> None:
        self.wa = wa
        self.messages: queue.Queue[Message] = queue.Queue()
        self.statuses: queue.Queue[MessageStatus[Any]] = queue.Queue()
        self.raw: queue.Queue[RawUpdate] = queue.Queue()
        self.answers: list[int] = []
        wa.add_handlers(
            handlers.MessageHandler(lambda _, message: self.messages.put(message)),
            handlers.MessageStatusHandler(lambda _, status: self.statuses.put(status)),
            handlers.RawUpdateHandler(lambda _, update: self.raw.put(update)),
        )

    def fates(self, sent: str, last: str) -> list[MessageStatus[Any]]:
        """The statuses of one message, up to the last one awaited."""
        found: list[MessageStatus[Any]] = []
        while not found or found[-1].status != last:
            status = self.statuses.get(timeout=PATIENCE)
            found += [status] if status.id == sent else []
        return found


@contextmanager
def _listening(program: Program) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self._answer(program.wa.webhook_challenge_handler(asked[utils.HUB_VT][0], asked[utils.HUB_CH][0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            refused = program.wa.webhook_update_validator(body, self.headers.get(utils.HUB_SIG))
            self._answer(refused or program.wa.webhook_update_handler(body))

        def _answer(self, answer: tuple[str | None, int]) -> None:
            text, status = answer
            if self.command == "POST":
                program.answers.append(status)
            body = (text or "").encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def keys(live: Live) -> dict[str, str]:
    found: dict[str, str] = live.facts["credentials"]["cloud"]
    return found


@pytest.fixture(scope="module")
def program(live: Live, keys: dict[str, str]) -> Iterator[Program]:
    with httpx.Client(transport=Elsewhere(live.url)) as session:
        wa = WhatsApp(
            phone_id=keys["phone_number_id"],
            token=keys["access_token"],
            waba_id=keys["waba_id"],
            session=session,
            server=None,
            verify_token=keys["verify_token"],
            app_secret=keys["app_secret"],
        )
        made = Program(wa)
        with _listening(made) as url:
            assert wa.override_waba_callback_url(url, keys["verify_token"]).success
            yield made


def test_a_text_is_sent_and_its_fate_told(program: Program, live: Live) -> None:
    sent = program.wa.send_message(f"+{live.customer}", "Hello from pywa", preview_url=True, tracker="order-17")
    shown = live.sees("Hello from pywa")
    assert shown["ids"]["cloud"] == sent.id
    assert [each.status for each in program.fates(sent.id, "delivered")] == ["sent", "delivered"]
    live.call("POST", f"/sandbox/v1/phones/{live.customer}/read", json={"message": shown["id"]})
    (read,) = program.fates(sent.id, "read")
    assert read.tracker == "order-17"
    assert read.metadata.phone_number_id == program.wa.phone_id
    assert read.from_user.wa_id == live.customer
    assert set(program.answers) == {200}


def test_a_contact_is_sent(program: Program, live: Live) -> None:
    contact = Contact(
        name=Contact.Name(formatted_name="Mara Quill", first_name="Mara", last_name="Quill"),
        phones=[Contact.Phone(phone="+15550100444", type="MOBILE", wa_id="15550100444")],
        org=Contact.Org(company="Quill Ltd"),
    )
    sent = program.wa.send_contact(live.customer, contact)
    shown = live.sees(type="contacts")
    assert shown["ids"]["cloud"] == sent.id
    (card,) = shown["contacts"]
    assert (card["formatted"], card["button"]) == ("Mara Quill", "message")
    assert card["organisation"] == {"company": "Quill Ltd"}


def test_a_customer_writes_and_is_answered(program: Program, live: Live) -> None:
    written = live.says(type="text", text="Is it réady? שלום", name="Noa")
    heard = program.messages.get(timeout=PATIENCE)
    assert (heard.id, heard.text) == (written["ids"]["cloud"], "Is it réady? שלום")
    assert (heard.from_user.name, heard.from_user.wa_id) == ("Noa", live.customer)
    assert heard.mark_as_read().success
    assert program.wa.indicate_typing(heard.id).success
    answer = heard.reply_text("It is", quote=True)
    assert live.sees("It is")["quote"] == written["id"]
    heard.react("\U0001f44d")
    live.says(type="text", text="Thanks", quote=live.sees("It is")["id"])
    thanks = program.messages.get(timeout=PATIENCE)
    assert thanks.text == "Thanks"
    assert thanks.reply_to_message is not None
    assert thanks.reply_to_message.id == answer.id


def test_a_customer_sends_a_contact(program: Program, live: Live) -> None:
    card = {"formatted": "Dana", "phones": [{"phone": "+15550100445", "wa_id": "15550100445"}]}
    live.says(type="contacts", contacts=[card])
    heard = program.messages.get(timeout=PATIENCE)
    assert heard.contacts is not None
    (contact,) = heard.contacts
    assert contact.name is not None
    assert contact.name.formatted_name == "Dana"
    assert contact.phones is not None
    assert [(phone.phone, phone.wa_id) for phone in contact.phones] == [("+15550100445", "15550100445")]


def test_templates(program: Program, live: Live) -> None:
    greeting = templates.Template(
        name="greeting",
        language=templates.TemplateLanguage.ENGLISH_US,
        category=templates.TemplateCategory.UTILITY,
        parameter_format=templates.ParamFormat.POSITIONAL,
        components=[_BODY],
    )
    made = program.wa.create_template(greeting)
    assert made.status == templates.TemplateStatus.APPROVED
    listed = {each.name: each.components for each in program.wa.get_templates()}
    assert repr(listed["greeting"]) == repr([templates.BodyText("Welcome, {{1}}!", "1")])
    sent = program.wa.send_template(
        live.customer,
        "greeting",
        templates.TemplateLanguage.ENGLISH_US,
        [_BODY.params("Mara")],
    )
    assert live.sees("Welcome, Mara!")["ids"]["cloud"] == sent.id
    with pytest.raises(errors.TemplateParamCountMismatch):
        program.wa.send_template(live.customer, "greeting", templates.TemplateLanguage.ENGLISH_US, [])
    assert program.wa.delete_template("greeting").success
    with pytest.raises(errors.TemplateNotExists):
        program.wa.send_template(live.customer, "greeting", templates.TemplateLanguage.ENGLISH_US, [])


def test_numbers(program: Program, live: Live) -> None:
    number = program.wa.get_business_phone_number()
    assert number.display_phone_number == f"+{live.sender}"
    assert [each.id for each in program.wa.get_business_phone_numbers()] == [program.wa.phone_id]


def test_refusals_are_the_librarys_own_errors(program: Program, live: Live, keys: dict[str, str]) -> None:
    with pytest.raises(errors.ReEngagementMessage):
        program.wa.send_message("15550100399", "Never wrote")
    with pytest.raises(errors.UnsupportedMessageType):
        program.wa.send_location(live.customer, 32.0, 34.0)
    with pytest.raises(errors.InvalidParameter):
        program.wa.send_message(live.customer, "x" * 4097)
    with pytest.raises(errors.WhatsAppError) as unknown:
        program.wa.get_business_phone_number(phone_id="123456")
    assert (unknown.value.code, unknown.value.subcode) == (100, 33)
    with httpx.Client(transport=Elsewhere(live.url)) as session:
        stranger = WhatsApp(keys["phone_number_id"], "EAAwrong", session=session)
        with pytest.raises(errors.AuthorizationError) as refused:
            stranger.send_message(live.customer, "x")
        assert refused.value.code == 190


def test_a_late_failure_is_told_by_webhook(program: Program, live: Live) -> None:
    sender = live.call("GET", "/admin/v1/senders")["items"][0]["id"]
    path = f"/admin/v1/senders/{sender}/settings/cloud"
    live.call("PATCH", path, json={"window_errors": "webhook"})
    try:
        sent = program.wa.send_message("15550100399", "Never wrote")
        status: dict[str, Any] = {}
        while status.get("id") != sent.id:
            value = program.raw.get(timeout=PATIENCE)["entry"][0]["changes"][0]["value"]
            status = value.get("statuses", [{}])[0]
    finally:
        live.call("PATCH", path, json={"window_errors": "at_once"})
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)


def test_an_address_that_fails_the_handshake_is_refused(program: Program, live: Live) -> None:
    with pytest.raises(errors.WhatsAppError) as refused:
        program.wa.override_waba_callback_url(f"{live.url}/healthz", "other")
    assert refused.value.code == 2200
