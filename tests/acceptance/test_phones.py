"""The sandbox's phones, seen from outside a real gateway."""

import pytest

from acceptance.outside import Outside, events, outcomes


@pytest.mark.parametrize(
    ("number", "stage", "tries", "told"),
    [
        ("972555000131", "failed", ["sent"], ["message.departed", "message.failed"]),
        (
            "15555000429",
            "delivered",
            ["busy", "busy", "sent"],
            ["message.departed", "message.sent", "message.delivered"],
        ),
        (
            "4420000504",
            "delivered",
            ["unsure"],
            ["message.unsure", "message.departed", "message.sent", "message.delivered"],
        ),
        ("972555000408", "sent", ["sent"], ["message.departed", "message.sent"]),
    ],
)
def test_numbers_misbehave_whatever_their_country(
    town: Outside, number: str, stage: str, tries: list[str], told: list[str]
) -> None:
    town.write(number)
    found = town.staged(town.send(number, f"To {number}"), stage)
    assert (outcomes(found), events(found)) == (tries, told)
    if stage == "failed":
        assert (found["failure"]["fault"], found["failure"]["code"]) == ("not_on_whatsapp", "131026")


def test_a_number_that_refuses_the_connection_is_tried_until_its_time_is_over(town: Outside) -> None:
    number = "972556000503"
    town.write(number)
    sent = town.send(number, "Nobody takes this")
    town.until(lambda: outcomes(town.message(sent)), lambda found: len(found) >= 2)
    town.advance(86_400)
    found = town.staged(sent, "expired")
    assert set(outcomes(found)) == {"never_left"}
    assert (found["failure"]["fault"], events(found)) == ("expired", ["message.failed"])
    assert town.shown(number) == {}


def test_a_phone_takes_its_time_by_the_clock(town: Outside) -> None:
    number = "972556100001"
    town.write(number)
    town.behave(number, reads="auto", delay_ms=3_600_000)
    sent = town.send(number, "Slowly")
    assert town.wait(number, contains="Slowly")["id"] == sent
    for stage in ("sent", "delivered", "read"):
        town.advance(3_600)
        town.staged(sent, stage)


def test_a_phone_out_of_reach_is_read_by_nobody(town: Outside) -> None:
    number = "972556100002"
    town.write(number)
    town.behave(number, delivers="never")
    sent = town.send(number, "Into the dark")
    town.staged(sent, "sent")
    town.behave(number, delivers="auto")
    after = town.send(number, "Here again")
    town.staged(after, "delivered")
    assert town.message(sent)["stage"] == "sent"


def test_the_customer_opens_the_chat(town: Outside) -> None:
    number = "972556100003"
    town.write(number)
    first, second = town.send(number, "One"), town.send(number, "Two")
    town.staged(second, "delivered")
    read = town.call("POST", f"/sandbox/v1/phones/{number}/read", json={"message": second})
    assert [each["id"] for each in read] == [first, second]
    town.staged(first, "read")
    town.staged(second, "read")


def test_a_customer_keeps_the_name_under_which_they_wrote(town: Outside) -> None:
    number = "972556100004"
    assert town.write(number)["name"] == f"Phone {number}"
    assert town.write(number, text="Hi", name="Noa")["name"] == "Noa"
    assert town.write(number)["name"] == "Noa"


@pytest.mark.parametrize(
    ("number", "word", "stage", "tries"),
    [
        ("972551000504", "sent", "sent", ["unsure"]),
        ("972552000504", "failed", "failed", ["unsure"]),
        ("972553000504", "resend", "unsure", ["unsure", "unsure"]),
    ],
)
def test_a_person_settles_what_is_unsure(town: Outside, number: str, word: str, stage: str, tries: list[str]) -> None:
    # Its status would come in between.
    town.behave(number, delay_ms=86_000_000)
    town.write(number)
    sent = town.send(number, f"Is it {word}?")
    town.staged(sent, "unsure")
    town.call("POST", f"/admin/v1/messages/{sent}/resolve", json={"as": word})
    town.until(lambda: town.message(sent), lambda found: (found["stage"], outcomes(found)) == (stage, tries))
    assert town.shown(number) == {f"Is it {word}?": 1}
    if word != "resend":
        again = town.http.post(f"/admin/v1/messages/{sent}/resolve", json={"as": word})
        assert again.status_code == 409


def test_messages_of_a_customer_are_found_however_the_number_is_written(town: Outside) -> None:
    number = "972556100005"
    town.write(number)
    sent = town.send(number, "Find me")
    town.staged(sent, "delivered")
    # A plus sign in a query is a blank unless it is escaped.
    for written in (number, f"+{number}", f" {number}"):
        assert [each["id"] for each in town.listed("messages", customer=written, direction="out")] == [sent]
