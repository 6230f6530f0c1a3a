"""Logs name faults, but quote nothing."""

import json

import pytest
import structlog

from parlance.logs import configure, name_exceptions


def fail() -> None:
    raise ValueError("the customer's own words")


def test_exceptions_are_told_without_their_text() -> None:
    try:
        fail()
    except ValueError as fault:
        event = name_exceptions(None, "error", {"event": "failed", "exc_info": fault})
    assert event["fault"] == "ValueError"
    assert event["at"][-1].startswith(__file__)
    assert "own words" not in json.dumps(event)


def test_exception_at_hand_is_told() -> None:
    try:
        fail()
    except ValueError:
        event = name_exceptions(None, "error", {"event": "failed", "exc_info": True})
    assert event["fault"] == "ValueError"


def test_event_without_exception_stays() -> None:
    assert name_exceptions(None, "info", {"event": "up", "exc_info": None}) == {"event": "up"}


def test_one_json_object_a_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        configure("info", as_json=True)
        structlog.get_logger("test").debug("unheard")
        structlog.get_logger("test").info("heard", count=2)
    finally:
        structlog.reset_defaults()
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["count"], event["level"]) == ("heard", 2, "info")
