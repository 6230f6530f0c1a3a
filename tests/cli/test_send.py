"""`parlance send`: what is asked of the gateway, what is said, and how it ends."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Parlance
from cli.processes import run
from cli.stand_in import PLAIN, SENDER, Asked, StandIn, refusal
from formats import exports

DANA, MOSHE, LEA = "972550000222", "972550000333", "972550000444"
LOCAL = "it begins with 0, as local numbers do: its country code is missing"
CLOSED = "More than 24 hours have passed since the customer last wrote."


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def shut(number: int, asked: Asked) -> Any:
    """The window of one customer is closed."""
    return refusal(422, "window_closed", CLOSED) if asked.body["to"] == MOSHE else None


# ---- one by one


def test_a_text_to_one(parlance: Parlance, gateway: StandIn) -> None:
    assert parlance("send", "text", "+972 55-000-0222", "--text", "Hi {there}") == (
        0,
        f"{DANA}: accepted, 0000000000000100\n",
        "",
    )
    (asked,) = gateway.asked
    assert asked.body == {"sender": SENDER["id"], "to": DANA, "type": "text", "text": "Hi {there}"}
    assert len(asked.key) > 20


def test_every_command_is_a_sending_of_its_own(parlance: Parlance, gateway: StandIn) -> None:
    for _ in range(2):
        parlance("send", "text", DANA, "--text", "Hi")
    assert gateway.sent == [(DANA, "Hi")] * 2


def test_the_answer_as_json(parlance: Parlance, gateway: StandIn) -> None:
    code, out, err = parlance("send", "text", DANA, "--text", "Hi", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == next(iter(gateway.taken.values()))


def test_several_numbers_and_some_that_cannot_be_sent_to(parlance: Parlance, gateway: StandIn) -> None:
    gateway.script = shut
    code, out, err = parlance("send", "text", DANA, "0550000222", "--to", MOSHE, "--text", "Hi", "--country", "il")
    assert code == 1
    assert out == f"{DANA}: accepted, 0000000000000100\n"
    assert err.splitlines() == [
        f"parlance: 0550000222: {LOCAL}; is 972550000222 meant?",
        f"parlance: {MOSHE}: {CLOSED}",
    ]


def test_several_as_json(parlance: Parlance, gateway: StandIn) -> None:
    gateway.script = shut
    code, out, err = parlance("send", "text", DANA, MOSHE, "--text", "Hi", "--json")
    assert code == 1
    taken, refused = json.loads(out)
    assert taken["id"] == "0000000000000100"
    assert refused == {
        "line": 2,
        "to": MOSHE,
        "outcome": "refused",
        "fault": "window_closed",
        "error": CLOSED,
    }
    assert err == f"parlance: {MOSHE}: {CLOSED}\n"


def test_an_odd_number_is_sent_to_with_a_warning(parlance: Parlance, gateway: StandIn) -> None:
    code, out, err = parlance("send", "text", "550000222", "--text", "Hi")
    assert (code, out) == (0, "550000222: accepted, 0000000000000100\n")
    assert err.startswith("parlance: 550000222: it is short for a number of +55")


def test_a_message_is_quoted(parlance: Parlance, gateway: StandIn) -> None:
    parlance("send", "text", DANA, "--text", "Hi", "--quote", "0000000000000abc")
    assert gateway.asked[0].body["quote"] == "0000000000000abc"


def test_cards(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    (tmp_path / "dana.vcf").write_bytes(exports.CHAT)
    code, out, err = parlance("send", "contact", MOSHE, "--vcf", "dana.vcf")
    assert (code, out) == (0, f"{MOSHE}: accepted, 0000000000000100\n")
    assert err == "parlance: Dana: will show Message.\n"
    (card,) = gateway.asked[0].body["contacts"]
    assert card["phones"] == [{"phone": "+972 55-000-0222", "type": "MOBILE", "wa_id": DANA}]


def test_a_card_out_of_options(parlance: Parlance, gateway: StandIn) -> None:
    assert parlance("send", "contact", MOSHE, "--name", "Dana", "--phone", "+1 888", "--phone", "+972550000222")[0] == 0
    (card,) = gateway.asked[0].body["contacts"]
    assert (card["formatted"], len(card["phones"])) == ("Dana", 2)


def test_a_template(parlance: Parlance, gateway: StandIn) -> None:
    gateway.templates = [{"name": "order", "language": "en", "body": "Hi {{who}}"}]
    words = ("--name", "order", "--language", "en", "--body-var", "who=Dana", "--header-image", "https://x.example/a")
    assert parlance("send", "template", DANA, *words)[0] == 0
    assert gateway.asked[0].body["template"] == {
        "name": "order",
        "language": "en",
        "components": [
            {"type": "header", "parameters": [{"type": "image", "value": "https://x.example/a"}]},
            {"type": "body", "parameters": [{"type": "text", "value": "Dana", "name": "who"}]},
        ],
    }


def test_judging_alone(parlance: Parlance, gateway: StandIn) -> None:
    gateway.script = shut
    code, out, err = parlance("send", "text", DANA, MOSHE, "--text", "Hi", "--dry-run")
    assert code == 1
    assert out == f"{DANA}: would be accepted, the window is open until 2026-08-29 10:40:00 UTC\n"
    assert err == f"parlance: {MOSHE}: {CLOSED}\n"
    assert [each.dry for each in gateway.asked] == [True, True]
    assert gateway.taken == {}


def test_what_the_carrier_leaves_out_is_said(parlance: Parlance, gateway: StandIn) -> None:
    shown = {"id": "0000000000000100", "dropped": ["birthday", "urls"]}
    gateway.script = lambda number, asked: (201, shown, PLAIN)
    _, out, _ = parlance("send", "contact", DANA, "--name", "Moshe", "--phone", "+1")
    assert out == f"{DANA}: accepted, 0000000000000100, the carrier leaves out birthday, urls\n"


@pytest.mark.parametrize(
    ("detail", "fault", "errors", "said"),
    [
        (
            "nope in any",
            "unknown_template",
            [{"path": "template.name", "kind": "unknown_template"}],
            "There is no approved template of this name and language: nope in any (template.name).",
        ),
        (
            "Some values are missing or wrong.",
            "malformed",
            [{"path": "contacts.0.first", "kind": "string_too_long"}],
            "Some values are missing or wrong (contacts.0.first).",
        ),
        ("The text is too long.", "text_too_long", [{"path": "text", "kind": "x"}], "The text is too long."),
        ("who knows", "a_new_fault", "?", "who knows"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(
    parlance: Parlance, gateway: StandIn, detail: str, fault: str, errors: Any, said: str
) -> None:
    gateway.script = lambda number, asked: refusal(422, fault, detail, errors=errors)
    assert parlance("send", "text", DANA, "--text", "Hi") == (1, "", f"parlance: {DANA}: {said}\n")


# ---- the sender


def test_the_sender_may_be_named(parlance: Parlance, gateway: StandIn) -> None:
    gateway.senders.append({"id": "0000000000000002", "sender": "972770000222", "account": "demo"})
    assert parlance("send", "text", DANA, "--text", "Hi", "--from", "972770000222")[0] == 0
    assert gateway.asked[0].body["sender"] == "0000000000000002"
    assert parlance("send", "text", DANA, "--text", "Hi", "--from", "1") == (
        1,
        "",
        "parlance: There is no such sender.\n",
    )


def test_several_senders_have_to_be_told_apart(parlance: Parlance, gateway: StandIn) -> None:
    gateway.senders += [{**SENDER, "sender": str(number)} for number in range(6)]
    code, _, err = parlance("send", "text", DANA, "--text", "Hi")
    assert code == 2
    assert "there are several senders (972770000111, 0, 1, 2, 3 and others): name one with --from" in err
    gateway.senders = []
    assert "parlance sender add" in parlance("send", "text", DANA, "--text", "Hi")[2]
    assert gateway.asked == []


# ---- usage


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("text", "--text", "Hi"), "name whom to send to"),
        (("text", DANA, "--text", "Hi", "--recipients", "r.csv"), "name whom to send to"),
        (("text", DANA, "--text", "Hi", "--result", "x.csv"), "--result and --again go with --recipients"),
        (("text", DANA, "--text", "Hi", "--again"), "--result and --again go with --recipients"),
        (("text", "--recipients", "r.csv", "--text", "Hi", "--again", "--dry-run"), "do not go together"),
        (("text", "--recipients", "no.csv", "--text", "Hi"), "does not exist"),
        (("text", "--recipients", "r.csv", "--text", "Hi", "--result", "r.csv"), "would overwrite the recipients"),
        (("text", "--recipients", "r.csv", "--text", "Hi {x}"), "The columns are: name"),
        (("text", DANA, "--text", "Hi", "--country", "ZZ"), "ZZ is no country"),
        (("text", DANA, "--text", "Hi", "--in-flight", "0"), "greater than or equal to 1"),
        (("text", DANA), "Missing option '--text'"),
        (("contact", DANA), "give either --vcf FILE.vcf, or --name and --phone"),
        (("contact", DANA, "--vcf", "r.csv", "--name", "x"), "give either --vcf FILE.vcf, or --name and --phone"),
        (("contact", DANA, "--name", "x"), "the contact needs a number"),
        (("template", DANA, "--name", "x", "--header-text", "a", "--header-image", "b"), "a template has one header"),
    ],
)
def test_wrong_usage(parlance: Parlance, gateway: StandIn, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "r.csv").write_text(f"to,name\n{DANA},Dana\n")
    code, out, err = parlance("send", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert gateway.asked == []


def test_without_a_gateway_nothing_is_sent(tmp_path: Path) -> None:
    result = run("send", "text", DANA, "--text", "Hi", "--data", tmp_path / "none")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"parlance: No gateway runs on the data folder {tmp_path}/none, and only a running one sends. Start it with "
        "parlance serve or parlance dev, or name another with --data or --url.\n"
    )
    assert not (tmp_path / "none").exists()


def test_a_gateway_without_token(parlance: Parlance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLANCE_ADMIN_TOKEN")
    assert "PARLANCE_ADMIN_TOKEN" in parlance("send", "text", DANA, "--text", "Hi")[2]


def test_an_address_that_is_none(parlance: Parlance, gateway: StandIn) -> None:
    gateway.url = "gateway.example"
    assert parlance("send", "text", DANA, "--text", "Hi")[2].startswith("parlance: 'gateway.example' is no address.")


# ---- many

PEOPLE = f"to;name\r\n{DANA};Dana\r\n{MOSHE};Moshe\r\n{DANA};Dana\r\n0550000444;Lea\r\n{LEA};\r\n"


def many(folder: Path, parlance: Parlance, *words: str, people: str = PEOPLE) -> tuple[int, str, str]:
    (folder / "r.csv").write_text(people, newline="")
    return parlance("send", "text", "--recipients", "r.csv", "--text", "Hi {name|friend}", *words)


def test_a_file_of_recipients(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    gateway.script = shut
    assert many(tmp_path, parlance) == (
        1,
        (
            f"line 3: {MOSHE}: refused: {CLOSED}\n"
            f"line 4: {DANA}: left out: the same message to the same number as line 2\n"
            f"line 5: 0550000444: invalid: {LOCAL}\n"
            "5 lines: 2 accepted, 1 refused, 1 invalid, 1 left out as repeats.\n"
            "Result: r.result.csv\n"
        ),
        "",
    )
    assert sorted(gateway.sent) == [(DANA, "Hi Dana"), (LEA, "Hi friend")]
    head, *lines = table((tmp_path / "r.result.csv").read_text())
    assert head == ["line", "to", "outcome", "message_id", "error"]
    ids = {each["customer"]: each["id"] for each in gateway.taken.values()}
    assert lines == [
        ["2", DANA, "accepted", ids[DANA], ""],
        ["3", MOSHE, "refused", "", CLOSED],
        ["4", DANA, "duplicate", "", "the same message to the same number as line 2"],
        ["5", "0550000444", "invalid", "", LOCAL],
        ["6", LEA, "accepted", ids[LEA], ""],
    ]


def test_the_same_command_again_tries_what_was_refused(
    parlance: Parlance, gateway: StandIn, tmp_path: Path
) -> None:  # fmt: skip
    gateway.script = shut
    many(tmp_path, parlance)
    gateway.script = lambda number, asked: None
    code, _, err = many(tmp_path, parlance)
    assert code == 1
    assert err == "parlance: 2 had been accepted before and were left alone.\n"
    _, _, err = many(tmp_path, parlance)
    assert err == (
        "parlance: All of them had been accepted before, and nothing was sent. To send once more to all: --again\n"
    )
    assert sorted(gateway.sent) == [(DANA, "Hi Dana"), (MOSHE, "Hi Moshe"), (LEA, "Hi friend")]
    assert [row[2] for row in table((tmp_path / "r.result.csv").read_text())[1:]] == [
        "accepted",
        "accepted",
        "duplicate",
        "invalid",
        "accepted",
    ]


def test_a_corrected_file_goes_on_with_what_is_new(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    many(tmp_path, parlance)
    corrected = PEOPLE.replace("0550000444", "972550000555") + f"{LEA};Leah\r\n"
    assert many(tmp_path, parlance, people=corrected)[0] == 0
    assert sorted(gateway.sent) == [
        (DANA, "Hi Dana"),
        (MOSHE, "Hi Moshe"),
        (LEA, "Hi Leah"),
        (LEA, "Hi friend"),
        ("972550000555", "Hi Lea"),
    ]


def test_another_message_does_not_overwrite_the_result(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    many(tmp_path, parlance)
    before = (tmp_path / "r.result.csv").read_text()
    code, out, err = parlance("send", "text", "--recipients", "r.csv", "--text", "Bye")
    assert (code, out) == (1, "")
    assert err == (
        "parlance: r.result.csv.journal belongs to another message or sender. "
        "Name another file with --result, or remove that one.\n"
    )
    assert (tmp_path / "r.result.csv").read_text() == before
    assert parlance("send", "text", "--recipients", "r.csv", "--text", "Bye", "--result", "bye.csv")[0] == 1
    assert len(gateway.taken) == 6


def test_a_lost_journal_sends_nothing_twice(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    many(tmp_path, parlance)
    (tmp_path / "r.result.csv.journal").unlink()
    code, out, err = many(tmp_path, parlance)
    assert code == 1
    assert "3 accepted" in out
    assert err == (
        "parlance: 3 had been accepted before, out of the same file with the same message, and nothing more "
        "was sent to them. To send once more to all: --again\n"
    )
    assert len(gateway.taken) == 3


def test_once_more_to_all(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    many(tmp_path, parlance)
    many(tmp_path, parlance, "--again")
    assert sorted(gateway.sent) == sorted([(DANA, "Hi Dana"), (MOSHE, "Hi Moshe"), (LEA, "Hi friend")] * 2)


def test_many_judged(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    gateway.script = shut
    code, out, err = many(tmp_path, parlance, "--dry-run")
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == f"line 3: {MOSHE}: would be refused: {CLOSED}"
    assert out.splitlines()[-1] == "5 lines: 2 would be accepted, 1 would be refused, 1 invalid, 1 left out as repeats."
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]
    assert gateway.taken == {}


def test_many_judged_into_a_file(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    many(tmp_path, parlance, "--dry-run", "--result", "judged.csv")
    assert [row[2] for row in table((tmp_path / "judged.csv").read_text())[1:]].count("accepted") == 3
    many(tmp_path, parlance, "--result", "real.csv")
    code, _, err = many(tmp_path, parlance, "--dry-run", "--result", "real.csv")
    assert (code, err) == (
        1,
        "parlance: real.csv holds the result of a real sending. Name another file with --result.\n",
    )


def test_every_refusal_is_listed_when_nothing_is_sent(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    gateway.script = lambda number, asked: refusal(422, "window_closed", CLOSED)
    people = "to,name\n" + "".join(f"9725500{number:05d},x\n" for number in range(30))
    _, out, _ = many(tmp_path, parlance, "--dry-run", people=people)
    assert out.count(CLOSED) == 30
    _, out, _ = many(tmp_path, parlance, people=people)
    assert out.count(CLOSED) == 20
    assert "and 10 more\n30 lines: 30 refused.\n" in out


def test_many_as_json(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    gateway.script = shut
    code, out, err = many(tmp_path, parlance, "--json")
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "lines": 5,
        "accepted": 2,
        "refused": 1,
        "invalid": 1,
        "duplicate": 1,
        "result": "r.result.csv",
        "problems": [
            {"line": 3, "to": MOSHE, "outcome": "refused", "fault": "window_closed", "error": CLOSED},
            {
                "line": 5,
                "to": "0550000444",
                "outcome": "invalid",
                "error": LOCAL,
            },
        ],
    }
    gateway.script = lambda number, asked: None
    assert json.loads(many(tmp_path, parlance, "--json")[1])["accepted_before"] == 2


def test_a_template_to_many_takes_its_variables_from_columns(
    parlance: Parlance, gateway: StandIn, tmp_path: Path
) -> None:  # fmt: skip
    gateway.templates = [{"name": "order", "language": "en", "body": "Hi {{1}}: {{2}}"}]
    (tmp_path / "r.csv").write_text(f"phone,1,2\n{DANA},Dana,7\n{MOSHE},Moshe,\n")
    code, out, _ = parlance("send", "template", "--recipients", "r.csv", "--name", "order")
    assert code == 1
    assert out.startswith(f"line 3: {MOSHE}: invalid: the column 2 is empty\n")
    (asked,) = gateway.asked
    values = [each["value"] for each in asked.body["template"]["components"][0]["parameters"]]
    assert (asked.body["to"], values) == (DANA, ["Dana", "7"])


def test_at_most_so_many_at_once(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    under_way: set[int] = set()
    most = [0]

    def before(number: int) -> None:
        under_way.add(number)
        most[0] = max(most[0], len(under_way))

    gateway.before, gateway.after = before, under_way.discard
    people = "to,name\n" + "".join(f"9725500{number:05d},x\n" for number in range(60))
    assert many(tmp_path, parlance, "--in-flight", "4", people=people)[0] == 0
    assert most[0] <= 4
    assert len(gateway.taken) == 60


# ---- trouble


def test_a_busy_gateway_is_asked_again_when_it_says(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    busy = (429, {"detail": "Too many requests."}, {"retry-after": "0"})
    away = (503, {"detail": "The gateway cannot store the message now."}, PLAIN)
    gateway.script = lambda number, asked: {1: busy, 2: away, 3: (500, b"broken", PLAIN)}.get(number)
    assert parlance("send", "text", DANA, "--text", "Hi") == (0, f"{DANA}: accepted, 0000000000000100\n", "")
    assert len({asked.key for asked in gateway.asked}) == 1
    assert len(gateway.asked) == 4


def test_a_gateway_that_stays_away_ends_it(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    taken = 2

    def script(number: int, asked: Asked) -> Any:
        return (503, {"detail": "The gateway cannot store the message now."}, PLAIN) if number > taken else None

    gateway.script = script
    code, out, err = many(tmp_path, parlance, "--patience", "0", "--in-flight", "1")
    assert code == 1
    assert "\n5 lines: 2 accepted, 1 invalid, 1 left out as repeats, 1 unsure.\n" in out
    assert err == (
        "parlance: The gateway takes nothing now (The gateway cannot store the message now). "
        "Run the same command again to go on: nobody gets it twice.\n"
    )
    taken = 99
    assert many(tmp_path, parlance)[0] == 1
    assert sorted(gateway.sent) == [(DANA, "Hi Dana"), (MOSHE, "Hi Moshe"), (LEA, "Hi friend")]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            refusal(402, "low_balance", "The account's balance is too low."),
            "The account's balance is too low.",
        ),
        (refusal(404, "unknown_sender", "There is no such sender."), "There is no such sender."),
        (
            (405, {"title": "Method Not Allowed"}, PLAIN),
            "What answers at {url} takes no messages (HTTP 405): an older gateway?",
        ),
        ((200, b"<html>", PLAIN), "What answers at {url} takes no messages (HTTP 200): an older gateway?"),
        (refusal(403, "forbidden", "The key does not allow this."), "The key does not allow this."),
        (
            (401, {}, PLAIN),
            "The gateway does not take the admin token. Put the right one into PARLANCE_ADMIN_TOKEN.",
        ),
    ],
)
def test_what_holds_for_all_ends_it_at_once(
    parlance: Parlance, gateway: StandIn, tmp_path: Path, answer: Any, said: str
) -> None:
    gateway.script = lambda number, asked: answer
    code, out, err = many(tmp_path, parlance, "--in-flight", "1")
    assert code == 1
    assert "1 unsure, 2 not sent.\n" in out
    assert err == (
        f"parlance: {said.format(url=gateway.url)} Run the same command again to go on: nobody gets it twice.\n"
    )
    assert len(gateway.asked) == 1
    assert [row[2] for row in table((tmp_path / "r.result.csv").read_text())[1:]] == [
        "unsure",
        "not_sent",
        "duplicate",
        "invalid",
        "not_sent",
    ]


def test_a_result_that_cannot_be_written_is_said(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    code, _, err = many(tmp_path, parlance, "--result", "nowhere/x.csv")
    assert code == 1
    assert err == (
        "parlance: nowhere/x.csv.journal cannot be written: No such file or directory. "
        "Name another place with --result.\n"
    )
    assert gateway.asked == []


# ---- waiting


def ends(gateway: StandIn, *stages: str, failure: Any = None) -> None:
    """Messages come to these stages in the order in which they were taken."""

    def after(number: int) -> None:
        for each, stage in zip(gateway.taken.values(), stages, strict=False):
            each["stage"] = stage
            each["failure"] = failure if stage == "failed" else None

    gateway.after = after


def test_waiting_until_it_arrived(parlance: Parlance, gateway: StandIn) -> None:
    ends(gateway, "delivered")
    assert parlance("send", "text", DANA, "--text", "Hi", "--wait") == (
        0,
        f"{DANA}: delivered, 0000000000000100\n",
        "",
    )


def test_waiting_for_many(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    ends(gateway, "read", "failed", "delivered", failure={"fault": "not_on_whatsapp", "code": "131026", "detail": "no"})
    code, out, err = many(tmp_path, parlance, "--wait", "--in-flight", "1")
    assert (code, err) == (1, "")
    assert f"line 3: {MOSHE}: failed: 131026: no\n" in out
    assert "Stages: 1 failed, 1 delivered, 1 read.\n" in out
    head, *lines = table((tmp_path / "r.result.csv").read_text())
    assert head == ["line", "to", "outcome", "message_id", "error", "stage"]
    assert [(row[1], row[2], row[4], row[5]) for row in lines if row[3]] == [
        (DANA, "accepted", "", "read"),
        (MOSHE, "accepted", "131026: no", "failed"),
        (LEA, "accepted", "", "delivered"),
    ]


def test_waiting_for_very_many_by_pages(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    ends(gateway, *["delivered"] * 1_100)
    people = "to,name\n" + "".join(f"9725500{number:05d},x\n" for number in range(1_100))
    code, out, err = many(tmp_path, parlance, "--wait", "--json", people=people)
    assert (code, err) == (0, "")
    assert json.loads(out)["stages"] == {"delivered": 1_100}


def test_waiting_has_a_limit(parlance: Parlance, gateway: StandIn, tmp_path: Path) -> None:
    ends(gateway, "delivered", "sent", "delivered")
    people = PEOPLE.replace("0550000444", "972550000555")
    words = ("--wait", "--in-flight", "1")
    code, out, err = many(tmp_path, parlance, *words, "--wait-limit", "0", people=people)
    assert code == 1
    assert "Stages: 1 accepted, 1 sent, 2 delivered.\n" in out
    assert err == "parlance: Some have not ended yet. Run the same command again to look after them.\n"
    for each in gateway.taken.values():
        each["stage"] = "delivered"
    code, out, err = many(tmp_path, parlance, *words, people=people)
    assert code == 0
    assert "Stages: 4 delivered.\n" in out
    assert len(gateway.taken) == 4
