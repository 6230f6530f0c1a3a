"""The account's templates, page by page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from parlance.model.command import ListTemplates, Templates
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Sender, TemplateRecord
from parlance.providers.cloud.listing import PAGES, STATUSES
from parlance.providers.cloud.templates import write_list
from providers.cloud.talk import ROUTE, carrier, complaint, dialect, received, route, said, talk
from vectors.play import find

PLAIN = TemplateRecord(0, 0, "order_ready", "en_US", "UTILITY", "approved", "Hello {{1}}")
RICH = TemplateRecord(
    0, 0, "promo", "he", "MARKETING", "paused", "Hi {{name}}", "text", "For {{who}}", "Bye",
    ({"type": "URL", "text": "Go", "url": "https://example.org/{{1}}"}, {"type": "QUICK_REPLY", "text": "Stop"},
     {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100200"}),
)  # fmt: skip
# As https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/ prints it.
PRINTED: dict[str, Any] = {
    "name": "order_delivery_update",
    "components": [
        {"type": "HEADER", "format": "LOCATION"},
        {
            "type": "BODY",
            "text": "Good news {{1}}! Your order #{{2}} is on its way.",
            "example": {"body_text": [["Mark", "566701"]]},
        },
        {"type": "FOOTER", "text": "To stop receiving delivery updates, tap the button below."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop Delivery Updates"}]},
    ],
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "id": "1667192013751005",
}
STOLEN = "https://evil.example.org/steal?access_token=x"
CURSORS: Any = {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}


def _raw(**more: object) -> dict[str, Any]:
    return {"name": "a", "language": "en", "status": "APPROVED", "category": "UTILITY", "components": [], **more}


def _listed(*raw: Mapping[str, Any]) -> tuple[TemplateRecord, ...]:
    found, _ = talk(carrier().templates(ROUTE), said({"data": list(raw)}))
    return found


@pytest.mark.parametrize("record", [PLAIN, RICH, replace(PLAIN, header="image"), replace(PLAIN, header="document")])
@pytest.mark.parametrize("status", ["approved", "submitted", "rejected", "paused", "deactivated"])
def test_what_our_own_dialect_lists_is_read_as_it_is(record: TemplateRecord, status: str) -> None:
    stands = replace(record, status=status)
    sender = Sender(1, 1, "demo", ROUTE.number, "Demo", 1, 0, (ROUTE,))
    answer = write_list(Templates(ListTemplates(), sender, (replace(stands, id=5, account_id=1, created_at=9),)))
    found, asked = talk(carrier().templates(ROUTE), answer)
    assert found == (stands,)
    (request,) = asked
    assert find(dialect(), received(request)) is not None


def test_pages_are_followed_by_their_cursor_alone() -> None:
    pages = [
        said({"data": [_raw(name="a")], "paging": {**CURSORS, "next": STOLEN}}),
        said({"data": [_raw(name="b")], "paging": {"cursors": {"after": "LAST"}, "next": "https://x"}}),
        said({"data": [_raw(name="c")], "paging": CURSORS}),
    ]
    found, asked = talk(carrier().templates(ROUTE), *pages)
    assert [record.name for record in found] == ["a", "b", "c"]
    parts = [urlsplit(request.url) for request in asked]
    assert {(part.netloc, part.path) for part in parts} == {
        ("graph.facebook.com", "/v25.0/900000000000001/message_templates")
    }
    assert [dict(parse_qsl(part.query)).get("after") for part in parts] == [None, "MjQZD", "LAST"]
    assert {dict(parse_qsl(part.query))["limit"] for part in parts} == {"100"}
    assert [request.headers["authorization"] for request in asked] == ["Bearer EAAdemo0example1token"] * 3


def test_a_cursor_that_stands_still_ends_the_list() -> None:
    page = said({"data": [_raw()], "paging": {**CURSORS, "next": "https://x"}})
    found, asked = talk(carrier().templates(ROUTE), page, page)
    assert (len(found), len(asked)) == (2, 2)


def test_a_list_without_end_is_left() -> None:
    pages = [
        said({"data": [], "paging": {"cursors": {"after": f"c{number}"}, "next": "https://x"}})
        for number in range(PAGES)
    ]
    found, asked = talk(carrier().templates(ROUTE), *pages)
    assert (found, len(asked)) == ((), PAGES)


@pytest.mark.parametrize(("theirs", "ours"), STATUSES.items())
def test_every_status_has_its_word(theirs: str, ours: str) -> None:
    assert [record.status for record in _listed(_raw(status=theirs))] == [ours]


def test_what_is_not_known_is_not_relied_on() -> None:
    (record,) = _listed(_raw(status="DREAMING", category="OTP"))
    assert (record.status, record.category, record.body) == ("submitted", "AUTHENTICATION", "")
    assert [each.category for each in _listed(_raw(category="ACCOUNT_UPDATE"))] == ["UTILITY"]


def test_a_header_with_a_place_has_no_form_here() -> None:
    assert _listed(PRINTED) == ()
    named = {**PRINTED, "components": PRINTED["components"][1:]}
    (record,) = _listed(named)
    assert record == TemplateRecord(
        0, 0, "order_delivery_update", "en_US", "UTILITY", "approved",
        "Good news {{1}}! Your order #{{2}} is on its way.",
        footer="To stop receiving delivery updates, tap the button below.",
        buttons=({"type": "QUICK_REPLY", "text": "Stop Delivery Updates"},),
    )  # fmt: skip


@pytest.mark.parametrize("raw", [{}, {"name": "a"}, {"language": "en"}, {"name": 1.5, "language": "en"}])
def test_what_has_no_name_or_language_is_passed_over(raw: dict[str, object]) -> None:
    assert _listed(raw) == ()


def test_components_of_strange_forms_are_passed_over() -> None:
    (record,) = _listed(_raw(components=[5, {"type": "BODY", "text": 7.5}, {"type": "BUTTONS", "buttons": [{}, None]}]))
    assert (record.body, record.buttons) == ("", ({"type": ""},))


def test_a_refusal_says_whose_fault_it_is() -> None:
    for answer, fault in (
        (complaint(190, 401), Fault.CARRIER_CREDENTIAL),
        (complaint(100), Fault.CARRIER_REFUSED),
        (complaint(131000, 500), Fault.CARRIER_REFUSED),
        (complaint(80007), Fault.RATE_LIMITED),
    ):
        with pytest.raises(Refusal) as raised:
            talk(carrier().templates(ROUTE), answer)
        assert raised.value.fault is fault
        assert "no" in raised.value.detail


def test_a_pause_that_the_vendor_asks_for_is_passed_on() -> None:
    with pytest.raises(Refusal) as raised:
        talk(carrier().templates(ROUTE), said({"error": {"code": 4, "message": "slow"}}, 400, **{"retry-after": "90"}))
    assert (raised.value.fault, raised.value.retry_after) == (Fault.RATE_LIMITED, 90.0)


def test_without_an_account_there_is_no_list() -> None:
    with pytest.raises(Refusal) as raised:
        talk(carrier().templates(route(waba_id="")))
    assert (raised.value.fault, raised.value.field) == (Fault.BAD_VALUE, "waba_id")
