import asyncio
import json

import httpx
import pytest
from starlette.types import ASGIApp

from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import compose, to_text
from parlance.model.message import Reaction
from web.fakes import TOKEN, House, Raw, scope
from web.memory import NOW

EVENTS = "/admin/v1/events"
FIRST = compose(NOW, 0, 0)


def event(number: int, sender_id: int = 1) -> Event:
    return Event(FIRST + number, EventKind.RECEIVED, NOW, sender_id, "972770000111", content=Reaction(7, "x"))


async def test_the_log_is_read_page_by_page(house: House, admin: httpx.AsyncClient) -> None:
    house.store.log = [event(1), event(2, sender_id=2), event(3)]
    page = (await admin.get(f"{EVENTS}?limit=2")).json()
    assert ([each["id"][-1] for each in page["items"]], page["next"]) == (["1", "2"], to_text(FIRST + 2))
    rest = (await admin.get(f"{EVENTS}?after={page['next']}")).json()
    assert ([each["id"][-1] for each in rest["items"]], rest["next"]) == (["3"], None)
    mine = (await admin.get(f"{EVENTS}?sender=972770000111")).json()["items"]
    assert [each["id"][-1] for each in mine] == ["1", "3"]
    assert mine[0]["sender_id"] == "0000000000000001"
    assert mine[0]["content"]["target"] == "0000000000000007"
    assert mine[0]["kind"] == "message.received"


async def test_a_position_must_be_an_id(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{EVENTS}?after=7")).status_code == 422
    streamed = {"accept": "text/event-stream", "last-event-id": "7"}
    assert (await admin.get(EVENTS, headers=streamed)).status_code == 422


class Reader:
    """Someone who reads the stream."""

    def __init__(self, site: ASGIApp, query: str = "", last: str = "") -> None:
        self.raw = Raw([b""])
        headers = {b"accept": b"text/event-stream", b"authorization": f"Bearer {TOKEN}".encode()}
        if last:
            headers[b"last-event-id"] = last.encode()
        asked = {**scope("GET", EVENTS, headers), "query_string": query.encode()}
        self.task = asyncio.create_task(self._run(site, asked))

    async def _run(self, site: ASGIApp, asked: dict[str, object]) -> None:
        await site(asked, self.raw.receive, self.raw.send)

    async def until(self, frames: int) -> list[tuple[str, str, str]]:
        """Wait for so many events; gives the id, kind and data of all that came."""
        async with asyncio.timeout(5):
            while len(found := self.frames) < frames:
                self.raw.spoken.clear()
                await self.raw.spoken.wait()
        return found

    @property
    def frames(self) -> list[tuple[str, str, str]]:
        blocks = [block.split("\n") for block in self.raw.body.decode().split("\n\n") if block not in {"", ":"}]
        return [(one.removeprefix("id: "), two.removeprefix("event: "), three[6:]) for one, two, three in blocks]

    async def leave(self) -> None:
        self.raw.gone.set()
        async with asyncio.timeout(5):
            await self.task


async def test_the_stream_gives_what_is_there_and_what_comes(house: House, whole: ASGIApp) -> None:
    house.store.log = [event(1)]
    reader = Reader(whole)
    (first,) = await reader.until(1)
    assert first[:2] == (to_text(FIRST + 1), "message.received")
    assert json.loads(first[2])["sender_id"] == "0000000000000001"
    assert reader.raw.headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    house.store.log.append(event(2))
    assert [each[0] for each in await reader.until(2)] == [to_text(FIRST + 1), to_text(FIRST + 2)]
    await reader.leave()


@pytest.mark.parametrize(
    ("query", "last", "expected"),
    [
        ("", to_text(FIRST + 1), "2"),
        (f"after={to_text(FIRST + 1)}", "", "2"),
        (f"after={to_text(FIRST + 1)}", to_text(FIRST + 2), "3"),
    ],
)
async def test_the_stream_goes_on_where_its_reader_was(
    house: House, whole: ASGIApp, query: str, last: str, expected: str
) -> None:
    house.store.log = [event(1), event(2), event(3)]
    reader = Reader(whole, query, last)
    assert (await reader.until(1))[0][0][-1] == expected
    await reader.leave()


async def test_the_stream_can_begin_now(house: House, whole: ASGIApp) -> None:
    house.store.log = [event(1)]
    house.ids.last = FIRST + 1
    reader = Reader(whole, "after=now")
    house.store.log.append(event(0x9999))
    assert [each[0] for each in await reader.until(1)] == [to_text(FIRST + 0x9999)]
    await reader.leave()


async def test_the_stream_can_be_of_one_sender(house: House, whole: ASGIApp) -> None:
    house.store.log = [event(1, sender_id=2), event(2)]
    reader = Reader(whole, "sender=972770000111")
    assert [each[0][-1] for each in await reader.until(1)] == ["2"]
    await reader.leave()


async def test_the_stream_ends_with_the_gateway(whole: ASGIApp, stopping: asyncio.Event) -> None:
    reader = Reader(whole)
    await reader.raw.spoken.wait()
    stopping.set()
    async with asyncio.timeout(5):
        await reader.task
    assert reader.raw.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_the_stream_ends_when_its_reader_leaves(whole: ASGIApp) -> None:
    before = asyncio.all_tasks()
    reader = Reader(whole)
    await reader.raw.spoken.wait()
    await reader.leave()
    assert reader.raw.sent[-1]["more_body"] is True
    assert asyncio.all_tasks() == before


async def test_a_silent_stream_shows_that_it_lives(house: House, whole: ASGIApp) -> None:
    reader = Reader(whole)
    async with asyncio.timeout(5):
        while reader.raw.body.count(b":\n\n") < 3:
            reader.raw.spoken.clear()
            await reader.raw.spoken.wait()
    assert house.clock.now() >= NOW + 30_000
    await reader.leave()


async def test_the_stream_outlives_a_store_that_is_away(house: House, whole: ASGIApp) -> None:
    house.store.away = Refusal(Fault.UNAVAILABLE)
    house.store.log = [event(1)]
    reader = Reader(whole)
    await reader.raw.spoken.wait()
    house.store.away = None
    assert len(await reader.until(1)) == 1
    await reader.leave()
