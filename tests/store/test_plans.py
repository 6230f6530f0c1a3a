"""No look-up on the way of a message walks through a whole table, however much is stored."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.phones import PhoneCallback
from parlance.contract.registry import NewKey, NewRoute
from parlance.contract.views import MessageFilter
from parlance.model.message import Reaction, Stage, Template
from parlance.store import opening
from parlance.store.postgres import PostgresStore
from parlance.store.postgres_session import Session
from parlance.store.sqlite import SqliteStore
from store import server
from store.desk import DANA, KEY, NOW, CountedIds, Desk, StoppedClock, quote

SMALL = {"clocks", "templates", "accounts", "busy", "owing", "CONSTANT", "o", "subscriptions", "unclaimed"}
"""Tables that stay small, and the steps of recursive queries; `o` are the depths, which count the outbox."""


async def _a_day_at_the_desk(desk: Desk) -> None:
    """Everything that happens for each message or each time the engine looks around."""
    store, sender_id = desk.store, desk.sender.id
    subscription = await desk.subscribe()
    incoming = await desk.write("in-1", quote_external="x")
    await desk.write("in-1")
    message = await desk.accept(key="k", fingerprint=b"f", quote=quote(incoming))
    await desk.accept(key="k", fingerprint=b"f")
    await desk.accept(Template("hello"))
    await desk.claim(await desk.accept(Reaction(incoming.id, "x")), mark=False)
    await desk.status("w1", Stage.DELIVERED)
    await desk.send(message, "w1")
    await desk.status("w1", Stage.READ)
    await store.busy_senders()
    await store.pending(sender_id, 0, 10)
    await store.due_subscriptions(NOW)
    await store.due_deliveries(subscription.id, NOW, 10)
    await store.due_count(subscription.id)
    await store.delivered([DeliveryResult(subscription.id, 1, DeliveryState.DUE, NOW, due_at=NOW, pause=True)])
    await store.delivered([DeliveryResult(subscription.id, 2, DeliveryState.DONE, NOW)])
    await store.dead_letters()
    await store.last_incoming(sender_id, DANA)
    await store.message(message.id)
    await store.message_by_external(desk.sender.route.id, "w1")
    await store.history(message.id)
    await store.messages(MessageFilter(sender_id=sender_id, newest=True))
    await store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    await store.queued(sender_id, 10)
    await store.customer(desk.account.id, DANA)
    await store.events(5, 10)
    await store.find_key("one", "s")
    await store.knows_public("one", "p")
    await store.route_by_token("sandbox", desk.sender.route.callback_token)
    await store.owed(NOW, 10)
    await store.reach([1], Stage.READ, [PhoneCallback(2, sender_id, "t", NOW, b"")])
    await store.screen("1", None, 0, 10)
    await store.sweep(NOW)
    await store.held_senders(10)
    await store.senders_of_account(desk.account.id)


async def test_hot_statements_use_keys_and_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    connect = opening._connect

    def traced(path: Path, cache_kib: int) -> sqlite3.Connection:
        connection = connect(path, cache_kib)
        connection.set_trace_callback(seen.add)
        return connection

    monkeypatch.setattr(opening, "_connect", traced)
    clock, ids = StoppedClock(), CountedIds()
    store = SqliteStore(tmp_path, ids, clock, KEY)
    await store.open()
    account = await store.account("demo")
    sender = await store.add_sender(
        account, "972770000111", "", NewRoute("sandbox", "", {}), [NewKey("one", "p", "s")], 1
    )
    seen.clear()
    await _a_day_at_the_desk(Desk(store, clock, ids, account, sender))
    await store.close()
    statements = {sql for sql in seen if re.match("SELECT|WITH|UPDATE|DELETE", sql)}
    assert len(statements) > 60
    con = sqlite3.connect(tmp_path / "parlance.db")
    scans = []
    for sql in sorted(statements):
        for *_, step in con.execute(f"EXPLAIN QUERY PLAN {sql}"):
            walked = re.match(r"SCAN (\w+)\b(?! USING (COVERING )?INDEX (ix_deliveries_d|ix_\w+_held))", step)
            if walked and walked[1] not in SMALL and "SEARCH" not in step:
                scans.append((step, sql))
        if "state = 'due'" in sql and sql.startswith(("SELECT", "WITH")):
            plan = " ".join(str(row[3]) for row in con.execute(f"EXPLAIN QUERY PLAN {sql}"))
            assert "ix_deliveries_due" in plan, sql
    con.close()
    assert scans == []


PLANS = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a plan, but for those that end with the first row: the least and the greatest of a key."""
    yield plan
    for each in plan.get("Plans", ()):
        if plan["Node Type"] != "Limit" or plan.get("Parent Relationship") != "InitPlan":
            yield from _nodes(each)


def _walks(node: dict[str, Any]) -> bool:
    """Whether a step of a plan goes through all of a table that may be large, or all of an index of it."""
    if node["Node Type"] == "Seq Scan":
        return node["Relation Name"] not in SMALL
    whole = node["Node Type"].startswith("Index") and "Index Cond" not in node
    if node.get("Index Name") == "pk_windows" and "customer_id" not in node.get("Index Cond", ""):
        # All windows of a sender, to find the one of a customer.
        return True
    return whole and node["Relation Name"] not in SMALL and node["Index Name"] not in PARTIAL


PARTIAL = {"ix_deliveries_due", "ix_deliveries_dead", "ix_senders_held", "ix_routes_held"}
"""Indexes that hold only what is to be done, or what is held."""


async def test_on_postgres_hot_statements_use_keys_and_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[bytes] = set()
    execute = Session.execute

    def traced(self: Session, query: Any, params: Any = None, **more: Any) -> Any:
        if params is None or not isinstance(params, dict):
            seen.add(query if isinstance(query, bytes) else str(query).encode())
        return execute(self, query, params, **more)

    monkeypatch.setattr(Session, "execute", traced)
    clock, ids = StoppedClock(), CountedIds()
    store = PostgresStore(server.url_of(tmp_path), ids, clock, KEY)
    await store.open()
    account = await store.account("demo")
    sender = await store.add_sender(
        account, "972770000111", "", NewRoute("sandbox", "", {}), [NewKey("one", "p", "s")], 1
    )
    seen.clear()
    await _a_day_at_the_desk(Desk(store, clock, ids, account, sender))
    await store.close()
    statements = {sql for sql in seen if re.match(b"SELECT (?!pg_)|WITH|UPDATE|DELETE|INSERT", sql)}
    assert len(statements) > 60
    walks = []
    with psycopg.connect(server.url_of(tmp_path), autocommit=True) as raw:
        raw.execute(PLANS.encode())
        for sql in sorted(statements):
            places = itertools.count(1)
            numbered = re.sub(b"%s", lambda _, places=places: b"$%d" % next(places), sql).replace(b"%%", b"%")  # type: ignore[misc]
            row = raw.execute(b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + numbered, prepare=False).fetchone()
            assert row is not None
            walks += [(node, sql) for node in _nodes(row[0][0]["Plan"]) if _walks(node)]
    server.drop(tmp_path)
    assert walks == []
