"""GREEN-API's own Python SDK, unchanged but for the host."""

import asyncio
from typing import Any

import pytest
from whatsapp_api_client_python import API

from clients.conftest import Live

ARTEM = {
    "phoneContact": 79001234568,
    "firstName": "Artem",
    "middleName": "Petrovich",
    "lastName": "Evpatoriysky",
    "company": "Bicycle",
}


@pytest.fixture(scope="module")
def sdk(live: Live) -> Any:
    keys = live.facts["credentials"]["greenapi"]
    return API.GreenAPI(str(keys["idInstance"]), keys["apiTokenInstance"], host=live.url, media=live.url)


@pytest.fixture(scope="module")
def chat(live: Live) -> str:
    return f"{live.customer}@c.us"


def _good(response: Any) -> Any:
    assert response.code == 200, response.error
    return response.data


def _drain(sdk: Any) -> list[dict[str, Any]]:
    """Take every notification there is."""
    bodies = []
    while taken := _good(sdk.receiving.receiveNotification(5)):
        bodies.append(taken["body"])
        assert _good(sdk.receiving.deleteNotification(taken["receiptId"]))["result"] is True
    return bodies


def test_text_contact_and_quote_reach_the_phone(sdk: Any, live: Live, chat: str) -> None:
    first = _good(sdk.sending.sendMessage(chat, "Hello from the SDK"))["idMessage"]
    shown = live.sees("Hello from the SDK")
    assert shown["ids"]["greenapi"] == first
    _good(sdk.sending.sendContact(chat, ARTEM, first))
    card = live.sees(type="contacts", after=shown["id"])
    assert card["quote"] == shown["id"]
    (contact,) = card["contacts"]
    assert contact["formatted"] == "Artem Petrovich Evpatoriysky"
    assert contact["organisation"] == {"company": "Bicycle"}
    assert contact["button"] == "message"


def test_notifications_are_pulled_in_order(sdk: Any, live: Live, chat: str) -> None:
    wanted = ("incomingWebhook", "outgoingWebhook", "outgoingAPIMessageWebhook", "stateWebhook")
    assert _good(sdk.account.setSettings(dict.fromkeys(wanted, "yes"))) == {"saveSettings": True}
    live.says(type="text", text="Is it ready?", name="Noa")
    sent = _good(sdk.sending.sendMessage(chat, "It is"))["idMessage"]
    live.sees("It is")
    bodies: list[dict[str, Any]] = []
    while not any(body.get("status") == "delivered" and body["idMessage"] == sent for body in bodies):
        bodies += _drain(sdk)
    (received,) = [body for body in bodies if body["typeWebhook"] == "incomingMessageReceived"]
    assert received["messageData"]["textMessageData"]["textMessage"] == "Is it ready?"
    assert received["senderData"]["senderName"] == "Noa"
    ours = [body for body in bodies if body["idMessage"] == sent]
    kinds = [body["typeWebhook"] for body in ours]
    assert kinds == ["outgoingAPIMessageReceived", "outgoingMessageStatus", "outgoingMessageStatus"]
    assert [body["status"] for body in ours[1:]] == ["sent", "delivered"]


def test_the_queue_waits_while_not_authorized(sdk: Any, live: Live, chat: str) -> None:
    assert _good(sdk.account.logout()) == {"isLogout": True}
    assert _good(sdk.account.getStateInstance()) == {"stateInstance": "notAuthorized"}
    waiting = _good(sdk.sending.sendMessage(chat, "Waiting"))["idMessage"]
    _good(sdk.sending.sendContact(chat, ARTEM))
    queue = _good(sdk.queues.showMessagesQueue())
    assert [item["type"] for item in queue] == ["sendMessage", "sendContact"]
    assert queue[0]["messageID"] == waiting
    assert queue[1]["body"]["contact"] == ARTEM
    assert _good(sdk.queues.getMessagesCount()) == {"count": 2}
    assert _good(sdk.queues.clearMessagesQueue()) == {"isCleared": True}
    kept = _good(sdk.sending.sendMessage(chat, "Kept until then"))["idMessage"]
    senders = live.call("GET", "/admin/v1/senders")["items"]
    path = f"/admin/v1/senders/{senders[0]['id']}/settings/greenapi"
    live.call("PATCH", path, json={"stateInstance": "authorized"})
    assert live.sees("Kept until then")["ids"]["greenapi"] == kept


def test_journals(sdk: Any, live: Live, chat: str) -> None:
    sent = _good(sdk.sending.sendMessage(chat, "For the journal"))["idMessage"]
    live.sees("For the journal")
    newest = _good(sdk.journals.getChatHistory(chat, 1))[0]
    assert (newest["idMessage"], newest["typeMessage"]) == (sent, "extendedTextMessage")
    assert _good(sdk.journals.getMessage(chat, sent))["textMessage"] == "For the journal"
    assert _good(sdk.journals.lastOutgoingMessages(60))[0]["idMessage"] == sent
    assert all(each["type"] == "incoming" for each in _good(sdk.journals.lastIncomingMessages(60)))


def test_an_unknown_quote_is_taken_and_never_sent(sdk: Any, live: Live, chat: str) -> None:
    lost = _good(sdk.sending.sendMessage(chat, "Never seen", "361B0E63F2FDF95903B6A9C9A102F34B"))["idMessage"]
    after = _good(sdk.sending.sendMessage(chat, "Seen after it"))["idMessage"]
    assert live.sees("Seen after it")["ids"]["greenapi"] == after
    assert _good(sdk.journals.getMessage(chat, lost))["statusMessage"] == "failed"
    shown = live.call("GET", f"/sandbox/v1/phones/{live.customer}/messages", params={"limit": "500"})
    assert not any(each.get("text") == "Never seen" for each in shown)


def test_people_and_forwarding(sdk: Any, live: Live, chat: str) -> None:
    assert _good(sdk.serviceMethods.checkWhatsapp(int(live.customer)))["existsWhatsapp"] is True
    assert _good(sdk.serviceMethods.checkWhatsapp(15550000131))["existsWhatsapp"] is False
    assert _good(sdk.serviceMethods.getContactInfo(chat))["chatId"] == chat
    source = _good(sdk.sending.sendMessage(chat, "Pass me on"))["idMessage"]
    shown = live.sees("Pass me on")
    (copy,) = _good(sdk.sending.forwardMessages(chat, chat, [source]))["messages"]
    assert live.sees("Pass me on", after=shown["id"])["ids"]["greenapi"] == copy


def test_refusals_read_as_the_vendors(sdk: Any) -> None:
    bad = sdk.sending.sendMessage("nobody", "x")
    assert bad.code == 400
    assert "Validation failed. Details: 'chatId' must be one of the next formats" in bad.error
    stranger = API.GreenAPI(sdk.idInstance, "0" * 50, host=sdk.host, media=sdk.media)
    assert stranger.account.getSettings().code == 401


def test_the_async_methods_work_as_well(sdk: Any, live: Live, chat: str) -> None:
    _good(sdk.account.setSettings({"incomingWebhook": "yes"}))
    live.says(type="text", text="Anyone there?")

    async def all_of_it() -> None:
        sent = _good(await sdk.sending.sendMessageAsync(chat, "Async hello"))["idMessage"]
        assert (await asyncio.to_thread(live.sees, "Async hello"))["ids"]["greenapi"] == sent
        taken = _good(await sdk.receiving.receiveNotificationAsync())
        assert taken is not None
        assert _good(await sdk.receiving.deleteNotificationAsync(taken["receiptId"]))["result"] is True
        assert _good(await sdk.journals.getMessageAsync(chat, sent))["textMessage"] == "Async hello"

    asyncio.run(all_of_it())
