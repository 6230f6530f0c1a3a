"""The dashboard and the alert rules speak of figures that there are."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from architecture.project import ROOT
from parlance.contract.operators import Tally
from parlance.engine.watch import Why
from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.web.metrics import Metrics, Standing, Waiting

DASHBOARD = json.loads((ROOT / "ops" / "grafana" / "parlance.json").read_text())
RULES = yaml.safe_load((ROOT / "ops" / "prometheus" / "alerts.yml").read_text())
GIVEN = {"up", "instance", "job", "dialect", "fault", "stage", "carrier", "state", "reason", "le"}
"""What Prometheus itself has, and labels."""

_NAME = re.compile(r"\b(?:parlance|process)_[a-z_]+\b")
_LABELS = re.compile(r"\b(?:by|without) \(([^)]*)\)|\{([^}]*)\}")


def figures() -> dict[str, set[str]]:
    """Every figure that a gateway gives, with its labels."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    metrics = Metrics(registry)
    metrics.accepted("toy", 0.1, stored=True)
    metrics.refused("toy", Fault.MALFORMED, 0.1)
    metrics.callback_refused("toy", "unknown")
    metrics.tallied(Tally(1, {(1, EventKind.SENT): (1, 1, 1)}, {Fault.EXPIRED: 1}))
    metrics.standing = Standing([Waiting("toy")], stalled=dict.fromkeys(Why, 0))
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield f"panel {panel['title']}", target["expr"]
    for group in RULES["groups"]:
        for rule in group["rules"]:
            yield f"rule {rule['alert']}", rule["expr"]


CASES = [pytest.param(expression, id=name) for name, expression in expressions()]
FIGURES = figures()


@pytest.mark.parametrize("expression", CASES)
def test_every_figure_named_is_there(expression: str) -> None:
    names = set(_NAME.findall(expression))
    assert names | ({"up"} if expression.startswith("up") else set())
    assert names - set(FIGURES) == set()


@pytest.mark.parametrize("expression", CASES)
def test_every_label_named_is_there(expression: str) -> None:
    known = set().union(*(FIGURES[name] for name in _NAME.findall(expression))) | {"instance", "job"}
    named = {
        re.split(r"[=!~]", part)[0].strip()
        for grouped, matched in _LABELS.findall(expression)
        for part in (grouped or matched).split(",")
    }
    assert named - known == set()


def test_every_figure_of_ours_is_looked_at() -> None:
    """What nobody looks at need not be counted; what a histogram gives besides its buckets is free."""
    named = set(_NAME.findall(" ".join(expression for _, expression in expressions())))
    ours = {name for name in FIGURES if name.startswith("parlance_") and not name.endswith("_created")}
    whole = {re.sub(r"_(bucket|sum|count)$", "", name) if "_seconds_" in name else name for name in ours}
    looked = {re.sub(r"_(bucket|sum|count)$", "", name) if "_seconds_" in name else name for name in named}
    assert whole - looked == {"parlance_request_seconds"}


def test_the_page_about_figures_names_those_that_there_are() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(parlance_[a-z_]+)`", page))
    told = named | {f"{name}_count" for name in named}
    ours = {
        name for name in FIGURES if name.startswith("parlance_") and not name.endswith(("_created", "_bucket", "_sum"))
    }
    assert ours - told == set()
    assert {name for name in named if name not in FIGURES and f"{name}_count" not in FIGURES} == set()


def test_every_rule_says_what_it_means() -> None:
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert rule["alert"].startswith("Parlance")
            assert rule["labels"]["severity"] in {"critical", "warning"}
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["description"].endswith((".", "?", "`"))


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    ids: list[Any] = []
    for panel in DASHBOARD["panels"]:
        ids.append(panel["id"])
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len(ids) == len(set(ids))
