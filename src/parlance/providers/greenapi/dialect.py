"""The vendor's HTTP API as we serve it: which method is read and answered where."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from parlance.contract.provider import Endpoint, Issued, Policy, RetryPlan
from parlance.model.command import Command, Credential, Reply
from parlance.model.event import Event
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Account, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import account as account_methods
from parlance.providers.greenapi import finding, hooks, ids, journals, queues, sending, settings, wire, words

_FIRST_INSTANCE = 1_101_000_000
_TOKEN_BYTES = 25
_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,256}")
_INSTANCE = re.compile(r"[1-9][0-9]{0,9}")
_WITHOUT_TOKEN = re.compile(rf"{words.INSTANCE}[^/]+/(\w+)/?", re.IGNORECASE | re.ASCII)
_TOKEN_IN_PATH = re.compile(rf"^({words.INSTANCE}[^/]*/[^/]*/)[^/]+", re.IGNORECASE)

_CLEARING = "clearwebhooksqueue"
_NOT_SERVED = (
    ("POST", "sendFileByUrl"),
    ("POST", "sendFileByUpload"),
    ("POST", "sendLocation"),
    ("POST", "sendPoll"),
    ("POST", "sendTextStatus"),
    ("POST", "sendVoiceStatus"),
    ("POST", "sendMediaStatus"),
    ("POST", "editMessage"),
    ("POST", "deleteMessage"),
    ("POST", "createGroup"),
    ("POST", "updateGroupName"),
    ("POST", "getGroupData"),
    ("POST", "setGroupPicture"),
    ("POST", "setProfilePicture"),
    ("POST", "setDisappearingChat"),
    ("POST", "archiveChat"),
    ("POST", "unarchiveChat"),
    ("POST", "getAvatar"),
    ("POST", "downloadFile"),
    ("GET", "getContacts"),
    ("GET", "getWaSettings"),
    ("GET", "getStateInstanceHistory"),
    ("GET", "updateApiToken"),
)


BODY_LIMIT = 102_400
"""Bytes of a body (U-41). It is looked at behind the credential, so more than that is taken in (U-4)."""


def _at(
    verb: str,
    method: str,
    rate: float,
    read: Callable[[WireRequest], Command],
    write: Callable[[Reply], WireResponse],
    behind: str = "",
) -> Endpoint:
    def read_small(request: WireRequest) -> Command:
        if len(request.body) > BODY_LIMIT:
            raise Refusal(Fault.TOO_LARGE)
        return read(request)

    path = f"{words.INSTANCE}{{instance}}/{method}/{{token}}{behind}"
    return Endpoint(verb, path, read_small, write, ignore_case=True, rate=rate)


def _anything_else(verb: str) -> Endpoint:
    """A path for every other method and verb: what is not there is told behind the credential (U-4)."""
    path = f"{words.INSTANCE}{{instance}}/{{method}}/{{token}}"
    return Endpoint(
        verb,
        path,
        account_methods.refuse_path,
        account_methods.write_nothing,
        ignore_case=True,
        about=f"Any other method, or one that does not take {verb}: not found, once instance and token are right.",
    )


class GreenApiDialect:
    """The `/waInstance…` API: instance and token in the path, queues in front of and behind everything."""

    territory = re.compile(rf"^{words.INSTANCE}[^/]+/.*", re.IGNORECASE | re.DOTALL)
    max_body = 1_048_576
    # Requests a second of one instance: §2.1, U-33.
    endpoints = (
        _at("POST", "sendMessage", 50, sending.read_send_message, sending.write_sent),
        _at("POST", "sendContact", 50, sending.read_send_contact, sending.write_sent),
        _at("POST", "forwardMessages", 50, sending.read_forward_messages, sending.write_forwarded),
        _at("POST", "readChat", 10, sending.read_read_chat, sending.write_read),
        _at("POST", "checkWhatsapp", 10, finding.read_check_whatsapp, finding.write_checked),
        _at("POST", "getContactInfo", 1, finding.read_get_contact_info, finding.write_contact_info),
        _at("GET", "getSettings", 1, settings.read_settings, settings.write_settings),
        _at("POST", "setSettings", 1, settings.read_set_settings, settings.write_saved),
        _at("GET", "getStateInstance", 1, settings.read_settings, account_methods.write_state),
        _at("GET", "getStatusInstance", 1, settings.read_settings, account_methods.write_status),
        _at("GET", "qr", 3, settings.read_settings, account_methods.write_qr),
        _at("GET", "reboot", 1, account_methods.read_reboot, account_methods.write_rebooted),
        _at("GET", "logout", 1, account_methods.read_logout, account_methods.write_logged_out),
        _at("GET", "showMessagesQueue", 1, queues.read_show_queue, queues.write_queue),
        _at("GET", "clearMessagesQueue", 1, queues.read_clear_queue, queues.write_cleared),
        _at("GET", "getMessagesCount", 1, queues.read_count_messages, queues.write_count),
        _at("GET", "getWebhooksCount", 1, queues.read_count_notifications, queues.write_count),
        # Once a minute (§7).
        _at(
            "DELETE", "clearWebhooksQueue", 1 / 60, queues.read_clear_notifications, queues.write_cleared_notifications
        ),
        _at("GET", "receiveNotification", 100, queues.read_receive_notification, queues.write_notification),
        _at("DELETE", "deleteNotification", 100, queues.read_delete_notification, queues.write_deleted, "/{receipt}"),
        _at("DELETE", "deleteNotification", 100, queues.read_delete_notification, queues.write_deleted),
        _at("POST", "getMessage", 10, journals.read_get_message, journals.write_message),
        _at("POST", "getChatHistory", 1, journals.read_get_chat_history, journals.write_messages),
        _at("GET", "lastIncomingMessages", 1, journals.read_last_incoming, journals.write_messages),
        _at("GET", "lastOutgoingMessages", 1, journals.read_last_outgoing, journals.write_messages),
        *(
            _at(verb, method, 1, account_methods.refuse_method, account_methods.write_nothing)
            for verb, method in _NOT_SERVED
        ),
        *(_anything_else(verb) for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    )

    def credential(self, request: WireRequest) -> Credential:
        """Find instance and token in the path; the instance is told first (U-4). Raises `Malformed`."""
        instance = request.params["instance"]
        if not (instance.isascii() and instance.isdigit()):
            raise wire.malformed("idInstance", "instance_id")
        return Credential(request.params["token"], public=instance)

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        """Say no by status and a word, or in the envelope (§3.2, U-1, U-2)."""
        fault = refusal.fault
        if fault is Fault.WRONG_VERB and request.method == "OPTIONS":
            return WireResponse(204)
        if fault is Fault.RATE_LIMITED and wire.method_of(request).lower() == _CLEARING:
            left = _seconds(refusal)
            return wire.answer({"isCleared": False, "reason": "Too many requests", "leftTime": left})
        if fault is Fault.UNKNOWN_METHOD and self._lacks_token(request):
            return _envelope(request, 400, words.BARE["no_token"])
        if fault in words.PLAIN:
            status, text = words.PLAIN[fault]
            headers = {"content-type": "text/plain; charset=utf-8"}
            if status == 429:
                headers["retry-after"] = str(_seconds(refusal))
            return WireResponse(status, text.encode(), headers)
        if fault in words.ENVELOPED:
            status, text = words.ENVELOPED[fault]
            return _envelope(request, status, text.format(instance=request.params.get("instance", "")))
        if fault is Fault.MALFORMED:
            return _envelope(request, 400, refusal.detail or words.BAD_REQUEST)
        return _envelope(request, 400, f"{words.BAD_REQUEST}. {refusal.detail or fault.message}")

    def _lacks_token(self, request: WireRequest) -> bool:
        found = _WITHOUT_TOKEN.fullmatch(request.path)
        methods = {endpoint.path.split("/")[2].lower() for endpoint in self.endpoints}
        return found is not None and found[1].lower() in methods

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """See `hooks.announce`."""
        return hooks.announce(event, to)

    def plan(self, to: Subscription) -> RetryPlan:
        """See `settings.plan`."""
        return settings.plan(to)

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        """See `ids.write_id`."""
        return ids.write_id(message_id, incoming=incoming)

    def read_id(self, text: str) -> Id | None:
        """See `ids.read_id`."""
        return ids.read_id(text)

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:  # noqa: ARG002 - an account has no id of its own here
        """Make an instance and its token of 50 hex digits, or take over given ones; raises `Refusal(BAD_VALUE)`."""
        shapes = {"idInstance": _INSTANCE, "apiTokenInstance": _TOKEN}
        for name, value in given.items():
            if name not in shapes or not shapes[name].fullmatch(value):
                raise Refusal(Fault.BAD_VALUE, name)
        instance = int(given.get("idInstance", _FIRST_INSTANCE + sender.ordinal))
        token = given.get("apiTokenInstance") or entropy[:_TOKEN_BYTES].hex()
        shown = {"idInstance": instance, "apiTokenInstance": token}
        return Issued(str(instance), token, shown, {"idInstance": instance}, ("idInstance",))

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `settings.change`."""
        return settings.change(document, changes)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """See `settings.policy`."""
        return settings.policy(document)

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """A text and a contact."""
        chat = f"{customer}@c.us"
        number = int(customer) if len(customer) in {11, 12} else 15550100002
        contact = {"phoneContact": number, "firstName": "Dana", "lastName": "Example"}
        bodies: dict[str, dict[str, Any]] = {
            "sendMessage": {"chatId": chat, "message": "Hello from Parlance"},
            "sendContact": {"chatId": chat, "contact": contact},
        }
        instance, token = shown["idInstance"], shown["apiTokenInstance"]
        return tuple(
            WireRequest(
                "POST",
                f"{words.INSTANCE}{instance}/{method}/{token}",
                {"content-type": "application/json"},
                wire.dump(body),
                {"instance": str(instance), "token": token},
            )
            for method, body in bodies.items()
        )


def _seconds(refusal: Refusal) -> int:
    return max(1, math.ceil(refusal.retry_after or 0))


def _envelope(request: WireRequest, status: int, message: str) -> WireResponse:
    """The four fields of an error; the token that stands in the vendor's own `path` is masked (U-3)."""
    moment = datetime.fromtimestamp(request.received_at / 1000, UTC)
    fields = {
        "statusCode": status,
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "path": _TOKEN_IN_PATH.sub(r"\1***", request.path),
        "message": message,
    }
    return wire.answer(fields, status)
