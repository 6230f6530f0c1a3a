"""What became of each recipient of a sending."""

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from parlance.cli.place import Failed
from parlance.model.message import Stage
from parlance.model.value import dataclass
from parlance.rules.lifecycle import FINAL

_COLUMNS = ("line", "to", "outcome", "message_id", "error")
_LOST = frozenset({Stage.FAILED, Stage.EXPIRED, Stage.CANCELLED})


class Outcome(StrEnum):
    """One word for each recipient, as the result says it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    UNSURE = "unsure"
    NOT_SENT = "not_sent"


GOOD = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient. `to` is the number sent to, or what stood in its place.

    `stage` is how far the message has come, empty when nobody waited to see. `fault` is the gateway's name for a
    refusal or failure. `shown` is the gateway's whole answer where there is one.
    """

    line: int
    to: str
    outcome: Outcome
    message_id: str = ""
    error: str = ""
    stage: str = ""
    fault: str = ""
    shown: Mapping[str, Any] | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong, as far as is known."""
        return self.outcome in GOOD and self.stage not in _LOST

    @property
    def has_ended(self) -> bool:
        """Whether the message will go no further, or there is none."""
        return self.outcome is not Outcome.ACCEPTED or self.stage in FINAL

    def reached(self, stage: str, failure: Mapping[str, Any] | None) -> "Result":
        """The same, with the message come so far."""
        if failure is None:
            return replace(self, stage=stage)
        code = str(failure.get("code") or "")
        words = str(failure.get("detail") or failure.get("fault") or "")
        return replace(
            self, stage=stage, error=f"{code}: {words}" if code else words, fault=str(failure.get("fault", ""))
        )

    def row(self) -> dict[str, Any]:
        """As JSON shows it; what is empty is left out."""
        facts = {
            "line": self.line,
            "to": self.to,
            "outcome": self.outcome.value,
            "message_id": self.message_id,
            "stage": self.stage,
            "fault": self.fault,
            "error": self.error,
        }
        return {name: value for name, value in facts.items() if value != ""}


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many there are of each outcome, those without any left out."""
    found = Counter(result.outcome for result in results)
    return {outcome.value: found[outcome] for outcome in Outcome if found[outcome]}


def stages(results: Sequence[Result]) -> dict[str, int]:
    """How many accepted ones have come how far."""
    found = Counter(result.stage for result in results if result.outcome is Outcome.ACCEPTED)
    return {stage.value: found[stage] for stage in Stage if found[stage]}


def write_results(file: Path, results: Sequence[Result], *, with_stage: bool) -> None:
    """Write the result as CSV, at once or not at all; raises `Failed`."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    columns = (*_COLUMNS, *(("stage",) if with_stage else ()))
    try:
        with part.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(columns)
            for each in sorted(results, key=lambda one: one.line):
                writer.writerow([getattr(each, column) for column in columns])
        part.replace(file)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise Failed(f"{file} cannot be written: {fault.strerror}.") from None
