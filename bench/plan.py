"""How much of everything is measured."""

from dataclasses import dataclass, fields, replace

ENGINES = ("sqlite", "postgres")


class PlanFault(Exception):
    """A plan cannot be read. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts of one run.

    `rounds` is how often each figure is taken, always by turns with what it is compared to. `hello`, `accept`,
    `pipeline`, `webhooks`, `latency` and `slow` are requests or messages in one round. `stored`, `senders`, `windows`
    and `queued` say what the full store holds. `numbers` senders keep their pace for `seconds`. Senders share
    `customers` with an open window. `connections` are the loads of accept and of the pipeline; memory uses the last,
    all else the first. `dialects` empty means all of them. `sync_ms` is what each commit takes longer on the slow disk,
    `answer_ms` how long the slow upstream takes, `workers` how many processes share one database.
    """

    rounds: int = 3
    hello: int = 40_000
    accept: int = 10_000
    pipeline: int = 10_000
    webhooks: int = 3_000
    latency: int = 300
    slow: int = 10_000
    customers: int = 10_000
    stored: int = 200_000
    senders: int = 5_000
    windows: int = 100_000
    queued: int = 100_000
    numbers: int = 50
    seconds: int = 10
    sync_ms: int = 5
    answer_ms: int = 200
    workers: int = 2
    connections: tuple[int, ...] = (64, 256)
    engines: tuple[str, ...] = ENGINES
    dialects: tuple[str, ...] = ()

    def changed(self, words: list[str]) -> "Plan":
        """This plan after changes such as `rounds=5` or `engines=sqlite`; raises `PlanFault`."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        changes: dict[str, object] = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals or name not in known:
                raise PlanFault(f"{word}: give NAME=VALUE with one of {', '.join(known)}")
            changes[name] = _read(known[name], name, value)
        unknown = set(self.engines if "engines" not in changes else _texts(changes["engines"])) - set(ENGINES)
        if unknown:
            raise PlanFault(f"engines: {', '.join(sorted(unknown))} is none of {', '.join(ENGINES)}")
        changed: Plan = replace(self, **changes)  # type: ignore[arg-type]  # each value was read by its field's kind
        return changed


FULL = Plan(stored=5_000_000, senders=100_000, windows=1_000_000, queued=1_000_000)
"""The growth that is promised for; filling the store takes a good while."""


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _read(known: object, name: str, text: str) -> object:
    if not isinstance(known, tuple):
        return _number(name, text)
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    return tuple(_number(name, part) for part in parts) if name == "connections" else parts


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise PlanFault(f"{name}: {text} is no number above 0")
    return int(text)
