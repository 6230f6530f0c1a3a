"""Stages never go back, whatever the order of reports."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.model.message import Stage
from parlance.rules.lifecycle import FINAL, join

STAGES = st.sampled_from(Stage)


@pytest.mark.parametrize(
    ("now", "reported", "stage", "changed", "conflict"),
    [
        (Stage.ACCEPTED, Stage.SENT, Stage.SENT, True, False),
        (Stage.READ, Stage.DELIVERED, Stage.READ, False, False),
        (Stage.SENT, Stage.SENT, Stage.SENT, False, False),
        (Stage.UNSURE, Stage.SENT, Stage.SENT, True, False),
        (Stage.SENT, Stage.FAILED, Stage.FAILED, True, False),
        (Stage.FAILED, Stage.SENT, Stage.FAILED, False, False),
        (Stage.FAILED, Stage.DELIVERED, Stage.DELIVERED, True, True),
        (Stage.DELIVERED, Stage.FAILED, Stage.DELIVERED, False, True),
        (Stage.EXPIRED, Stage.READ, Stage.READ, True, True),
    ],
)
def test_a_report_on_top_of_what_is_known(
    now: Stage, reported: Stage, stage: Stage, changed: bool, conflict: bool
) -> None:
    change = join(now, reported)
    assert (change.stage, change.changed, change.conflict) == (stage, changed, conflict)


@given(st.lists(STAGES, max_size=5))
def test_the_order_of_reports_does_not_matter(reports: list[Stage]) -> None:
    ends = set()
    for order in permutations(reports):
        stage = Stage.ACCEPTED
        for report in order:
            stage = join(stage, report).stage
        ends.add(stage)
    assert len(ends) == 1


@given(STAGES, STAGES)
def test_a_repeat_changes_nothing(now: Stage, reported: Stage) -> None:
    once = join(now, reported).stage
    assert not join(once, reported).changed


@given(st.sampled_from(sorted(FINAL)), STAGES)
def test_what_is_final_stays_final(now: Stage, reported: Stage) -> None:
    assert join(now, reported).stage in FINAL
