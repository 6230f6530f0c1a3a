"""What the gateway counts, for Prometheus."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from parlance.contract.views import Depth
from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_STAGES = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.UNSURE: "unsure",
    EventKind.FAILED: "failed",
}


class Metrics:
    """Counts requests as they pass; the rest is set when it is asked for.

    Everything lives in the registry that is passed in, so that two gateways of one process do not mix.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._accepted = Counter(
            "parlance_requests_accepted", "Requests carried out, by dialect.", ["dialect"], registry=registry
        )
        self._refused = Counter(
            "parlance_requests_refused",
            "Requests refused, by dialect and fault.",
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
        self._reached = Counter(
            "parlance_messages_reached",
            "Messages that reached a stage since this process started, by stage.",
            ["stage"],
            registry=registry,
        )
        self._outbox = Gauge("parlance_outbox_messages", "Messages waiting, by state.", ["state"], registry=registry)
        self._oldest = Gauge("parlance_outbox_oldest_seconds", "Age of the oldest waiting message.", registry=registry)
        self._dead = Gauge("parlance_deliveries_dead", "Webhook deliveries that were given up.", registry=registry)

    def accepted(self, dialect: str, seconds: float) -> None:
        """A request was carried out in so many seconds."""
        self._accepted.labels(dialect).inc()
        self._seconds.labels(dialect).observe(seconds)

    def refused(self, dialect: str, fault: Fault, seconds: float) -> None:
        """A request was refused after so many seconds."""
        self._refused.labels(dialect, fault.value).inc()
        self._seconds.labels(dialect).observe(seconds)

    def happened(self, event: Event) -> None:
        """An event was written: count the stage that its message reached."""
        stage = _STAGES.get(event.kind)
        if stage is not None:
            expired = event.failure is not None and event.failure.fault is Fault.EXPIRED
            self._reached.labels("expired" if expired else stage).inc()

    def waiting(self, depths: Sequence[Depth], now: int, dead: int) -> None:
        """How the outbox and the dead letters stand at `now` (Unix milliseconds)."""
        self._outbox.labels("ready").set(sum(depth.ready for depth in depths))
        self._outbox.labels("unsure").set(sum(depth.unsure for depth in depths))
        oldest = min((depth.oldest for depth in depths if depth.oldest is not None), default=now)
        self._oldest.set(max(0, now - oldest) / 1000)
        self._dead.set(dead)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)
