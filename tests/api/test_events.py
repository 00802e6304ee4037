"""Server-sent events from the real server, on either database."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from api.access import Access
from evals.server import running_server
from graphs.lanes import Lanes
from signalbox.delivery import feed as feeds
from signalbox.delivery.feed import Feed, TooManyStreams
from signalbox.domain.access import Principal, Role, Unauthorised
from signalbox.domain.base import utc_now
from signalbox.domain.errors import Unavailable
from signalbox.domain.outcome import Event
from signalbox.secrets import digest, new_key
from tests.ledger import conftest as ledgers
from tests.ledger.make import a_decision, a_task

migrated_file, migrated_postgres = ledgers.migrated_file, ledgers.migrated_postgres
url, ledger = ledgers.url, ledgers.ledger


class Reader:
    """Reads a stream in a thread; ``events`` are what came, as (id, type, data)."""

    def __init__(self, address, **more):
        self.events, self.comments, self.ended = [], 0, False
        self.status = None
        self._up = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._read, args=(address, more), daemon=True)
        self._thread.start()
        assert self._up.wait(30)

    def _read(self, address, more):
        with httpx.stream("GET", address, timeout=60, **more) as response:
            self.status = response.status_code
            self._up.set()
            block = {}
            for line in response.iter_lines():
                if self._stop:
                    return
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    block[name] = value
                elif "data" in block:
                    self.events.append(
                        (int(block["id"]), block["event"], json.loads(block["data"]))
                    )
                    block = {}
        self.ended = True

    @property
    def subjects(self):
        return [data["subject"] for _, _, data in self.events]

    def until(self, count, seconds=30):
        wait(lambda: len(self.events) >= count, seconds)
        return self

    def leave(self):
        self._stop = True


def wait(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.02)


@contextmanager
def serving(url, **env) -> Iterator:
    with running_server(["--db", url], env=env) as server:
        yield server


def commit(ledger, *subjects, tenant="default"):
    for one in subjects:
        ledger.commit(a_task(one, tenant), a_decision(one, tenant))


def test_from_first_to_last(url, ledger):
    commit(ledger, "before")
    with serving(url, SIGNALBOX_MAX_STREAMS="3") as server:
        at = f"{server.url}/v1/events"
        reader = Reader(at)
        time.sleep(0.2)
        commit(ledger, "T-1", "T-2")
        commit(ledger, "theirs", tenant="other")
        reader.until(2)
        assert reader.subjects == ["T-1", "T-2"], "from now on, and of the own tenant"
        id, kind, data = reader.events[0]
        assert kind == "decision.committed"
        assert (data["specversion"], data["id"]) == ("1.0", f"evt_{id}")
        assert data["type"] == "dev.signalbox.decision.committed"
        again = Reader(at, headers={"last-event-id": str(id)}).until(1)
        everything = Reader(at, params={"after": 0}).until(3)
        assert again.subjects == ["T-2"]
        assert everything.subjects == ["before", "T-1", "T-2"]
        refused = httpx.get(at)
        assert refused.status_code == 429
        assert refused.json()["type"] == "/problems/too-many-streams"
        commit(ledger, "more-1", "more-2")
        everything.until(5)
        # It ends at once and in order, with three readers still there.
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0 or server.process.returncode == -signal.SIGTERM
        # A stream that the server cuts off when its patience runs out has no proper end.
        wait(lambda: reader.ended and again.ended and everything.ended)
        assert not [line for line in server.log if "Traceback" in line], server.log


def test_a_reader_that_comes_back_misses_and_repeats_nothing(url, ledger):
    expected = [f"T-{number}" for number in range(60)]
    with serving(url) as server:
        at = f"{server.url}/v1/events"
        writer = threading.Thread(target=commit, args=(ledger, *expected))
        last, seen = "0", []
        writer.start()
        while len(seen) < len(expected):
            reader = Reader(at, headers={"last-event-id": last}).until(1)
            time.sleep(0.03)
            reader.leave()
            found = list(reader.events)
            seen += [data["subject"] for _, _, data in found]
            last = str(found[-1][0])
        writer.join()
    assert seen == expected


def test_only_the_types_that_are_asked_for(url, ledger):
    with serving(url) as server:
        at = f"{server.url}/v1/events"
        commit(ledger, "T-1")
        ledger.note(Event(type="approval.advised", subject="T-1", data={}))
        ledger.note(Event(type="consult.failed", subject="T-1", data={}))
        asked = {"after": 0, "for_s": 0, "type": ["approval.*", "consult.failed"]}
        told = httpx.get(at, params=asked)
        assert [line for line in told.text.splitlines() if line.startswith("event")] == [
            "event: approval.advised",
            "event: consult.failed",
        ]
        assert told.headers["content-type"].startswith("text/event-stream")
        for wrong in ({"type": "Decision"}, {"after": -1}, {"for_s": 1e9}):
            assert httpx.get(at, params=wrong).status_code == 422
        assert httpx.get(at, headers={"last-event-id": "x"}).status_code == 422


def test_a_seat_is_given_back_when_a_reader_hangs_up(url):
    with serving(url, SIGNALBOX_MAX_STREAMS="1") as server:
        at = f"{server.url}/v1/events"
        for _ in range(5):
            with httpx.stream("GET", at) as response:
                assert response.status_code == 200
                assert httpx.get(at).status_code == 429
            wait(lambda: httpx.get(at, params={"for_s": 0}).status_code == 200, 5)


class TestFeed:
    """The feed by itself: many readers, one that polls."""

    def run(self, work, ledger, most=100):
        async def go():
            lanes = Lanes(one_writer=True)
            feed = Feed(ledger, lanes.reads, most)
            try:
                return await work(feed)
            finally:
                feed.close()
                lanes.close()

        return asyncio.run(go())

    def test_the_ledger_is_asked_once_for_all_readers(self, ledger, monkeypatch):
        monkeypatch.setattr(feeds, "POLL_S", 0.05)
        asked = []
        real = ledger.events
        monkeypatch.setattr(
            ledger, "events", lambda place, limit: asked.append(place) or real(place, limit)
        )

        async def work(feed):
            async def read():
                feed.enter()
                got = [e.subject async for _, e in feed.follow(0, lambda e: True, 1.5) if e]
                feed.leave()
                return got

            readers = [asyncio.create_task(read()) for _ in range(20)]
            await asyncio.sleep(0.3)
            asked.clear()
            for number in range(5):
                await asyncio.to_thread(commit, ledger, f"T-{number}")
            return await asyncio.gather(*readers)

        found = self.run(work, ledger)
        assert found == [[f"T-{n}" for n in range(5)]] * 20
        assert len(asked) < 60, "and not twenty times as often"

    def test_a_slow_reader_is_given_everything_in_pages(self, ledger, monkeypatch):
        monkeypatch.setattr(feeds, "POLL_S", 0.01)
        monkeypatch.setattr(feeds, "KEPT", 5)
        monkeypatch.setattr(feeds, "PAGE", 3)
        expected = [f"T-{n}" for n in range(40)]

        async def work(feed):
            feed._kept = type(feed._kept)(maxlen=5)
            got = []
            feed.enter()
            writing = asyncio.create_task(asyncio.to_thread(commit, ledger, *expected))
            async for _, event in feed.follow(0, lambda e: True, 20.0):
                if event is not None:
                    got.append(event.subject)
                    await asyncio.sleep(0.01)
                if len(got) == len(expected):
                    break
            await writing
            return got

        assert self.run(work, ledger) == expected

    def test_a_reader_is_told_that_all_is_well_and_where_it_is(self, ledger, monkeypatch):
        monkeypatch.setattr(feeds, "BEAT_S", 0.1)
        commit(ledger, "T-1", "T-2")

        async def work(feed):
            feed.enter()
            return [told async for told in feed.follow(0, lambda e: False, 0.35)]

        told = self.run(work, ledger)
        assert len(told) >= 2
        assert {event for _, event in told} == {None}
        assert told[-1][0] == ledger.events(0, 10)[-1].id

    def test_seats(self, ledger):
        async def work(feed):
            feed.enter()
            feed.enter()
            with pytest.raises(TooManyStreams):
                feed.enter()
            feed.leave()
            feed.enter()
            feed.close()
            with pytest.raises(Unavailable):
                feed.enter()

        self.run(work, ledger, most=2)


@pytest.mark.parametrize("by", ["key", "session"])
def test_it_ends_when_what_it_was_opened_with_counts_no_more(url, ledger, by):
    key, text = new_key(Role.ADMIN, utc_now(), timedelta(days=1), name="ann")
    other, other_text = new_key(Role.ADMIN, utc_now(), timedelta(days=1), name="ben")
    for one, secret in ((key, text), (other, other_text)):
        ledger.api_keys.add(one, digest(secret))
    bearer = {"authorization": f"Bearer {text}"}
    with running_server(["--db", url]) as server, httpx.Client(base_url=server.url) as client:
        cookies = {}
        if by == "session":
            opened = client.post("/v1/session", json={"key": text})
            cookies = dict(opened.cookies)
            headers = {"x-signalbox-csrf": opened.json()["csrf"]}
        given = {"cookies": cookies} if by == "session" else {"headers": bearer}
        reader = Reader(f"{server.url}/v1/events?for_s=30", **given)
        assert reader.status == 200
        if by == "session":
            client.request("DELETE", "/v1/session", headers=headers, cookies=cookies)
        else:
            ledger.api_keys.end(key.id, utc_now())
        time.sleep(2.5)
        ledger.commit(a_task("after"), a_decision("after"))
        ends = time.monotonic() + 15
        while not reader.ended and time.monotonic() < ends:
            time.sleep(0.1)
        assert reader.ended
        assert "after" not in [data["subject"] for _, _, data in reader.events]


def test_a_token_of_an_issuer_is_looked_at_again():
    async def go():
        counts = [True]

        def tokens(text):
            if not counts[0]:
                raise Unauthorised("it has expired")
            return Principal(name="ann")

        access = Access(None, lambda: SimpleNamespace(gate=None), "127.0.0.1", tokens)
        headers = {b"authorization": b"Bearer a.b.c"}
        assert await access._still(headers, "/v1/events")
        counts[0] = False
        return await access._still(headers, "/v1/events")

    assert asyncio.run(go()) is False
