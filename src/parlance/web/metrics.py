"""What the gateway counts, for Prometheus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from parlance.contract.operators import Commits, Tally
from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.value import dataclass

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_STAGES = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.UNSURE: "unsure",
}
_ENDS = {Fault.EXPIRED: "expired", Fault.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one carrier, of one sender or (`sender` empty) of all.

    `ready` and `unsure` count messages, `oldest` is the age of the oldest in seconds.
    """

    carrier: str
    sender: str = ""
    ready: int = 0
    unsure: int = 0
    oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand when the figures are asked for. Times are ages in seconds.

    `stalled` counts senders by what was noticed. `paced` senders hold messages back to keep a carrier's or a dialect's
    pace, the longest for `pace` seconds more. `webhook_lag` is the age of the webhook that has been due longest.
    """

    waiting: Sequence[Waiting] = ()
    dead: int = 0
    webhook_lag: float = 0.0
    commits: Commits = field(default_factory=Commits)
    stalled: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    paced: int = 0
    pace: float = 0.0
    writable: bool = True


class Metrics:
    """Counts requests as they pass, and messages as the event log tells of them.

    Everything lives in the registry that is passed in, so that two gateways of one process do not mix.
    """

    def __init__(self, registry: CollectorRegistry, *, by_sender: bool = False) -> None:
        """With `by_sender` queues are told of sender by sender."""
        self._registry = registry
        self.by_sender = by_sender
        self.standing = Standing()
        self._accepted = Counter(
            "parlance_requests_accepted", "Requests carried out, by dialect.", ["dialect"], registry=registry
        )
        self._refused = Counter(
            "parlance_requests_refused",
            "Requests refused, by dialect (`admin`: our own APIs) and fault.",
            ["dialect", "fault"],
            registry=registry,
        )
        self._seconds = Histogram(
            "parlance_request_seconds",
            "Time from a request's first byte here to its answer, by dialect.",
            ["dialect"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._stored = Histogram(
            "parlance_accept_seconds",
            "Time from a message's first byte here to the answer that it is on disk, by dialect.",
            ["dialect"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._reached = Counter(
            "parlance_messages_reached",
            "Messages that reached a stage since this process started, by stage.",
            ["stage"],
            registry=registry,
        )
        self._failed = Counter(
            "parlance_messages_failed",
            "Messages that failed since this process started, by fault.",
            ["fault"],
            registry=registry,
        )
        self._callbacks = Counter(
            "parlance_callbacks_refused",
            "Vendors' callbacks that were refused, by carrier and reason.",
            ["carrier", "reason"],
            registry=registry,
        )
        self._of: dict[str, tuple[Counter, Histogram, Histogram]] = {}
        registry.register(_Now(self))

    def accepted(self, dialect: str, seconds: float, *, stored: bool = False) -> None:
        """A request was carried out in so many seconds; `stored`: a message by it."""
        figures = self._of.get(dialect)
        if figures is None:
            # Finding a label's figure costs more than counting on it.
            each = (self._accepted.labels(dialect), self._seconds.labels(dialect), self._stored.labels(dialect))
            figures = self._of[dialect] = each
        count, whole, until_stored = figures
        count.inc()
        whole.observe(seconds)
        if stored:
            until_stored.observe(seconds)

    def refused(self, dialect: str, fault: Fault, seconds: float) -> None:
        """A request was refused after so many seconds."""
        self._refused.labels(dialect, fault.value).inc()
        self._seconds.labels(dialect).observe(seconds)

    def callback_refused(self, carrier: str, reason: str) -> None:
        """A vendor's callback was refused. `carrier` is a known one's name or empty, `reason` one of a few words."""
        self._callbacks.labels(carrier, reason).inc()

    def tallied(self, tally: Tally) -> None:
        """What is new in the event log: which stages messages have reached, whoever took them there."""
        for (_, kind), (count, _, _) in tally.kinds.items():
            if kind in _STAGES:
                self._reached.labels(_STAGES[kind]).inc(count)
        for fault, count in tally.failures.items():
            self._failed.labels(fault.value).inc(count)
            self._reached.labels(_ENDS.get(fault, "failed")).inc(count)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)


class _Now(Collector):
    """How things stand, as figures."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Give them."""
        standing = self._metrics.standing
        yield from _queues(standing.waiting, by_sender=self._metrics.by_sender)
        yield _gauge("parlance_deliveries_dead", "Webhook deliveries that were given up.", standing.dead)
        yield _gauge("parlance_webhook_lag_seconds", "Age of the webhook that is due longest.", standing.webhook_lag)
        commits = standing.commits
        yield CounterMetricFamily("parlance_commits", "Commits of the database.", commits.commits)
        yield CounterMetricFamily(
            "parlance_commit_operations", "Operations that went into commits together.", commits.operations
        )
        stalled = GaugeMetricFamily(
            "parlance_senders_stalled", "Senders that are stalled, by reason.", labels=["reason"]
        )
        for reason, count in standing.stalled.items():
            stalled.add_metric([reason], count)
        yield stalled
        yield _gauge("parlance_senders_held", "Senders whose queue stands still on purpose.", standing.held)
        yield _gauge("parlance_senders_paced", "Senders that hold messages back to keep a pace.", standing.paced)
        yield _gauge("parlance_pace_wait_seconds", "The longest time a sender still waits for its pace.", standing.pace)
        yield _gauge("parlance_store_writable", "1 when the database could be written last.", int(standing.writable))


def _queues(waiting: Sequence[Waiting], *, by_sender: bool) -> Iterator[Metric]:
    more = ["sender"] if by_sender else []
    count = GaugeMetricFamily(
        "parlance_outbox_messages", "Messages waiting, by state and carrier.", labels=["state", "carrier", *more]
    )
    oldest = GaugeMetricFamily(
        "parlance_outbox_oldest_seconds", "Age of the oldest waiting message, by carrier.", labels=["carrier", *more]
    )
    for each in waiting:
        whose = [each.sender] if by_sender else []
        count.add_metric(["ready", each.carrier, *whose], each.ready)
        count.add_metric(["unsure", each.carrier, *whose], each.unsure)
        oldest.add_metric([each.carrier, *whose], each.oldest)
    yield count
    yield oldest


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)


def _by(label: str, name: str, about: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family
