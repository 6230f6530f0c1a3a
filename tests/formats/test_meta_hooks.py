"""Values of webhooks: what came in, and how sent messages fare."""

import pytest

from parlance.formats.meta_errors import CODES, OTHERWISE, TITLES, code_of
from parlance.formats.meta_hooks import message_value, status_value
from parlance.model.address import Address, AddressKind, phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.message import Text

NOA = Customer(1, phone("15550100321"), "US.42", "Noa")
HIDDEN = Customer(1, Address(AddressKind.USER, "US.42"))
GROUP = Customer(1, Address(AddressKind.GROUP, "120363"), "ZZ.1")


def _event(kind: EventKind, customer: Customer | None = NOA, failure: Failure | None = None) -> Event:
    return Event(9, kind, 1_767_225_700_999, 1, "15550100200", 77, customer, "x", Text("hi"), failure=failure)


def _status(event: Event, *, contacts: bool = True) -> dict[str, object]:
    return status_value(event, "100", "shown", contacts=contacts)


def test_a_message_and_who_wrote_it() -> None:
    value = message_value(_event(EventKind.RECEIVED), "100", str)
    assert value == {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100200", "phone_number_id": "100"},
        "contacts": [{"profile": {"name": "Noa"}, "wa_id": "15550100321", "user_id": "US.42"}],
        "messages": [
            {
                "from": "15550100321",
                "from_user_id": "US.42",
                "id": "77",
                "timestamp": "1767225700",
                "type": "text",
                "text": {"body": "hi"},
            }
        ],
    }


@pytest.mark.parametrize(("customer", "user_id"), [(HIDDEN, "US.42"), (GROUP, "ZZ.1")])
def test_who_has_no_number_has_a_user_id(customer: Customer, user_id: str) -> None:
    value = message_value(_event(EventKind.RECEIVED, customer), "100", str)
    assert value["contacts"] == [{"user_id": user_id}]
    assert "from" not in value["messages"][0]
    assert value["messages"][0]["from_user_id"] == user_id


def test_customers_stand_beside_statuses_only_where_asked_for() -> None:
    assert "contacts" not in _status(_event(EventKind.SENT), contacts=False)
    assert "contacts" in _status(_event(EventKind.SENT))
    assert "contacts" not in _status(_event(EventKind.FAILED))


def test_a_failure_tells_nobodys_user_id_but_that_of_whom_it_was_for() -> None:
    (status,) = status_value(_event(EventKind.FAILED), "100", "shown", contacts=True)["statuses"]
    assert "recipient_user_id" not in status
    (status,) = status_value(_event(EventKind.FAILED, HIDDEN), "100", "shown", contacts=True)["statuses"]
    assert status["recipient_user_id"] == "US.42"


def test_what_is_neither_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no status"):
        _status(_event(EventKind.SENT, None))
    with pytest.raises(TypeError, match="no incoming message"):
        message_value(_event(EventKind.RECEIVED, None), "100", str)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(Fault.WINDOW_CLOSED), 131047),
        (Failure(Fault.WINDOW_NEVER_OPENED), 131047),
        (Failure(Fault.NOT_ON_WHATSAPP), 131026),
        (Failure(Fault.EXPIRED), OTHERWISE),
        (Failure(Fault.OUTCOME_UNKNOWN), OTHERWISE),
        (Failure(Fault.UNKNOWN_TEMPLATE), 132001),
        (Failure(Fault.TEMPLATE_VARIABLES), 132000),
        (Failure(Fault.CARRIER_REFUSED, "131056"), 131056),
        (Failure(Fault.CARRIER_REFUSED, "470"), OTHERWISE),
        (Failure(Fault.CARRIER_REFUSED, "１３１０５６"), OTHERWISE),
        (Failure(Fault.CARRIER_REFUSED, "9" * 5000), OTHERWISE),
    ],
)
def test_codes(failure: Failure, code: int) -> None:
    assert code_of(failure) == code


def test_every_code_has_a_title() -> None:
    assert {*CODES.values(), OTHERWISE} - set(TITLES) == set()
