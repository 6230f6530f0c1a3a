"""Attack a gateway that runs, for as long as wanted: spoilt requests in every API, and clients that speak no HTTP.

`python tools/hostile.py --cases 100000` starts a gateway on a folder of its own, asks it so many strange things, and
prints one JSON object with what came of it: how many of each kind, the answers by status, what should not have been
(`undocumented`: a 5xx that no description of the API names; `broken`: an error behind an answer; `hung`: no answer and
no end in time), and the gateway's memory before and after. Exit code 0: nothing should not have been.
"""

import argparse
import asyncio
import http.client
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clients.test_openapi_live import at_home
from parlance.contract.provider import Dialect, Endpoint
from parlance.model.command import TakeDelivery
from parlance.model.fault import Refusal
from parlance.model.wire import WireRequest
from parlance.providers import discover
from parlance.web.openapi_credentials import Credentials, shown
from safety.gateways import Watched, watched
from safety.rude import KINDS, PATIENCE, Rude
from safety.wires import place_of
from vectors.files import vectors
from vectors.play import find
from vectors.test_hostile import hostile

LIMITS = {"header_seconds": 1, "body_seconds": 1, "answer_seconds": 1}
RUDE_SHARE = 20
"""One case in so many is no request at all."""

SEVERAL = 50
"""So many rude clients come at a time."""

_PART = re.compile(r"\{(\w+)\}")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass
class Counts:
    """What came of it all."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    undocumented: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    broken: float = 0
    seconds: float = 0
    memory_mib: dict[str, float] = field(default_factory=dict)
    open_files: dict[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nothing was found that should not have been."""
        return not (self.undocumented or self.hung or self.broken)

    def told(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return {
            "cases": sum(self.cases.values()),
            "by_kind": dict(sorted(self.cases.items())),
            "by_status": {str(status): count for status, count in sorted(self.statuses.items())},
            "undocumented": self.undocumented[:20],
            "broken": self.broken,
            "hung": self.hung[:20],
            "memory_mib": self.memory_mib,
            "open_files": self.open_files,
            "seconds": round(self.seconds, 1),
        }


class Attack:
    """One gateway, and what it is asked."""

    def __init__(self, gateway: Watched, counts: Counts, seed: int) -> None:
        self.gateway = gateway
        self.counts = counts
        self.seed = seed
        self.documented = gateway.http.get("/openapi.json").json()["paths"]
        self._line = http.client.HTTPConnection(*place_of(str(gateway.facts["url"])), timeout=PATIENCE)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def ask(self, kind: str, request: WireRequest, documented: str) -> None:
        """Send one request and count its answer. `documented` is the path under which the call is described."""
        self.counts.cases[kind] += 1
        url = quote(request.url, safe="/?&=%:@+,;~!$'()*[]-._")
        headers = {name: _line(value) for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            self._line.request(request.method, url, request.body, headers)
            answer = self._line.getresponse()
            body = answer.read()
        except TimeoutError:
            self.counts.hung.append(f"{kind} {request!r}"[:1_000])
            self._line.close()
            return
        except (http.client.HTTPException, OSError, ValueError):
            # The gateway may close at any time; what is no header the library does not send.
            self._line.close()
            return
        self.counts.statuses[answer.status] += 1
        responses = self.documented.get(documented, {}).get(request.method.lower(), {}).get("responses", {})
        if answer.status >= 500 and str(answer.status) not in responses:
            told = f"{kind} {answer.status} {body[:200]!r} to {request!r}"
            self.counts.undocumented.append(told[:2_000])

    # ---- the dialects

    def dialects(self, cases: int) -> None:
        """Recorded requests of every endpoint, brought home and spoilt."""
        targets = [
            (name, dialect, endpoint, requests)
            for name, each in discover().items()
            if (dialect := each.dialect) is not None
            for endpoint in dialect.endpoints
            if (requests := list(self._recorded(name, dialect, endpoint)))
        ]
        for name, _, endpoint, requests in targets:

            def spoilt(request: WireRequest, name: str = name, endpoint: Endpoint = endpoint) -> None:
                self.ask(name, request, endpoint.path)

            _try(hostile(requests), max(1, cases // len(targets)), self.seed, spoilt)

    def _recorded(self, name: str, dialect: Dialect, endpoint: Endpoint) -> Iterator[WireRequest]:
        credentials = shown(dialect, self.gateway.facts["credentials"][name])
        for vector in vectors(name):
            found = find(dialect, vector.request()) if vector.side == "client→us" else None
            if found is not None and found[0] == endpoint and not _waits(endpoint, found[1]):
                yield self._home(found[1], endpoint, credentials)

    def _home(self, request: WireRequest, endpoint: Endpoint, credentials: Credentials) -> WireRequest:
        """The request as one of this gateway's own clients would send it: its keys, its customer, nobody's address."""
        params = {**request.params, **credentials.params}
        path = _PART.sub(lambda part: params.get(part[1], "1"), endpoint.path)
        query = request.url.partition("?")[2]
        body = request.body
        try:
            value = at_home(json.loads(body), self.gateway.customer)
        except ValueError:
            pass
        else:
            value = {**value, **credentials.members} if isinstance(value, dict) else value
            body = json.dumps(value).encode()
        headers = {**request.headers, **credentials.headers}
        return replace(request, url=f"{path}?{query}" if query else path, headers=headers, body=body, params=params)

    # ---- our own APIs

    def operators(self, cases: int) -> None:
        """Bodies and queries that nobody would send to the admin and sandbox APIs, with the token and without."""
        bearer = {"authorization": f"Bearer {self.gateway.facts['admin_token']}"}
        paths = [path for path in self.documented if path.startswith(("/admin/", "/sandbox/"))]
        texts = st.text(max_size=20) | st.sampled_from(["0" * 16, self.gateway.customer, self.gateway.sender, "-1", ""])
        values = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
            max_leaves=8,
        )

        def asked(drawn: tuple[str, str, str, str, Any, bool]) -> None:
            path, verb, part, query, value, signed = drawn
            if verb == "DELETE" and path == "/admin/v1/senders/{id}":
                return
            filled = _PART.sub(quote(part or "x", safe=""), path.replace(":path", ""))
            body = b"" if verb == "GET" else json.dumps(at_home(value)).encode()
            url = f"{filled}?timeout=0&x={quote(query)}&limit={quote(query)}"
            self.ask("operators", WireRequest(verb, url, bearer if signed else {}, body), path)

        verbs = st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"])
        drawn = st.tuples(st.sampled_from(paths), verbs, texts, texts, values, st.booleans() | st.just(value=True))
        _try(drawn, cases, self.seed, asked)

    def vendors(self, cases: int) -> None:
        """Callbacks that no vendor sends, to addresses that are some and to others."""
        sender = self.gateway.call("GET", f"/admin/v1/senders/{self.gateway.sender}")
        own = sender["routes"][0]["callback_url"].partition("/callbacks/")[2]

        def called(drawn: tuple[str, str, bytes]) -> None:
            where, verb, body = drawn
            self.ask("callbacks", WireRequest(verb, f"/callbacks/{where}", {}, body), "")

        wheres = st.sampled_from([own, own, own, "sandbox/x", "x/y", f"{own}/x"])
        drawn = st.tuples(wheres, st.sampled_from(["POST", "POST", "GET", "PUT"]), st.binary(max_size=300))
        _try(drawn, cases, self.seed, called)

    # ---- no HTTP

    async def rude(self, cases: int) -> None:
        """Clients that speak none, several at a time."""
        rude = Rude(str(self.gateway.facts["url"]), random.Random(self.seed))  # noqa: S311  no secret is made of it
        kinds = list(KINDS)
        for start in range(0, cases, SEVERAL):
            some = [kinds[each % len(kinds)] for each in range(start, min(cases, start + SEVERAL))]
            told = await asyncio.gather(*(rude.be(kind) for kind in some), return_exceptions=True)
            for kind, answer in zip(some, told, strict=True):
                self.counts.cases[f"rude {kind}"] += 1
                if isinstance(answer, BaseException):
                    self.counts.hung.append(f"{kind}: {answer!r}")
                else:
                    self._count_raw(kind, answer)

    def _count_raw(self, kind: str, answer: bytes) -> None:
        for status in map(int, _STATUS.findall(answer)):
            self.counts.statuses[status] += 1
            if status >= 500 and status != 503:
                self.counts.undocumented.append(f"{kind} {status}")

    # ---- what is left

    def try_a_new_sender(self) -> None:
        """Raises `AssertionError` where the gateway no longer does what it is for."""
        made = self.gateway.call("POST", "/admin/v1/senders", json={"number": "15550007777", "account": "afterwards"})
        body = {"to": made["id"], "text": "Hi"}
        self.gateway.call("POST", f"/sandbox/v1/phones/{self.gateway.customer}/messages", json=body)
        name, dialect = next((name, each.dialect) for name, each in discover().items() if each.dialect is not None)
        request = dialect.example(made["credentials"][name], self.gateway.customer)[0]
        answer = self.gateway.http.request(
            request.method, request.url, content=request.body, headers=dict(request.headers)
        )
        self.gateway.staged(answer.headers["parlance-message-id"], "delivered")

    def measure(self, when: str) -> None:
        """Note the gateway's memory and open files, and how often something broke behind an answer."""
        figures = self.gateway.http.get("/metrics").text
        self.counts.memory_mib[when] = round(_figure(figures, "process_resident_memory_bytes") / 1_048_576, 1)
        self.counts.open_files[when] = int(_figure(figures, "process_open_fds"))
        refused = re.findall(r'(?m)^parlance_requests_refused_total\{.*fault="unavailable"\} (\S+)$', figures)
        self.counts.broken = sum(map(float, refused)) + self.gateway.log.read_text().count("broke")


def _line(value: str) -> str:
    return re.sub(r"[\r\n\0]", " ", value).encode("latin-1", "replace").decode("latin-1")


def _waits(endpoint: Endpoint, request: WireRequest) -> bool:
    try:
        return isinstance(endpoint.read(request), TakeDelivery)
    except Refusal:
        return False


def _figure(figures: str, name: str) -> float:
    return float(next(line.split()[1] for line in figures.splitlines() if line.startswith(f"{name} ")))


def _try(strategy: st.SearchStrategy[Any], examples: int, seed: int, check: Callable[[Any], None]) -> None:
    """Try so many values, the same ones for the same seed."""

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(value: Any) -> None:
        check(value)

    each()


def run(cases: int, seed: int, folder: Path) -> Counts:
    """Attack a gateway on this (empty) folder."""
    counts, began = Counts(), time.monotonic()
    with watched(folder, **LIMITS) as gateway:
        attack = Attack(gateway, counts, seed)
        # What is made once for all (the document, caches) is no growth.
        attack.dialects(min(cases, 1_000))
        attack.measure("before")
        rude, operators = cases // RUDE_SHARE, cases // 4
        attack.vendors(cases // 20)
        attack.dialects(max(0, cases - sum(counts.cases.values()) - rude - operators))
        asyncio.run(attack.rude(rude))
        # Last, as keys and senders do not outlive what operators may do.
        attack.operators(max(operators, cases - sum(counts.cases.values())))
        attack.measure("after")
        attack.try_a_new_sender()
        attack.close()
    counts.seconds = time.monotonic() - began
    return counts


def main() -> int:
    """Read the command line, attack, and tell."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--cases", type=int, default=100_000, help="how many strange things are asked")
    words.add_argument("--seed", type=int, default=1, help="the same seed asks the same things")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = run(asked.cases, asked.seed, Path(folder))
    print(json.dumps(counts.told(), ensure_ascii=True))
    return 0 if counts.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
