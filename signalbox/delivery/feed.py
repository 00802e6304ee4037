"""Events as they happen, to any number of readers of this process: the ledger is asked once.

Every reader has a place of its own, the id of the last event it was given. Those near the end read
from what was found lately; one that is behind, or slow, reads from the ledger page by page. Either
way it is given every event after its place, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import islice

from graphs.lanes import Lane
from signalbox.domain.errors import SignalboxError, Unavailable
from signalbox.domain.outcome import Event
from signalbox.domain.ports import Ledger

log = logging.getLogger("signalbox.feed")

POLL_S = 0.5
BEAT_S = 15.0
PAGE = 200
KEPT = 1_000


class TooManyStreams(SignalboxError):
    """As many readers as this process takes."""

    code = "too-many-streams"
    status = 429


class Feed:
    """Polls while it has readers. All of it runs on one event loop."""

    def __init__(self, ledger: Ledger, reads: Lane, most: int) -> None:
        self._ledger, self._reads, self._most = ledger, reads, most
        self._kept: deque[Event] = deque(maxlen=KEPT)
        # All events above the floor, up to the place, are kept.
        self._floor = self._place = 0
        self._news = asyncio.Event()
        self._closed = False
        self._polling: asyncio.Task[None] | None = None
        self.readers = 0

    def enter(self) -> None:
        """Take a reader's seat, which ``leave`` gives back.

        Raises TooManyStreams; Unavailable while the process ends.
        """
        if self._closed:
            raise Unavailable("this process ends", hint="connect again: another one answers")
        if self.readers >= self._most:
            raise TooManyStreams(
                f"{self.readers} readers are connected, and no more are taken",
                hint="close some, ask another process, or raise SIGNALBOX_MAX_STREAMS",
            )
        self.readers += 1

    def leave(self) -> None:
        """Give the seat back."""
        self.readers -= 1
        if not self.readers and self._polling is not None:
            self._polling.cancel()
            self._polling = None

    async def last(self) -> int:
        """The id of the newest event. Raises Unavailable."""
        return (await self._reads.run(self._ledger.outcomes_after, 0, 0))[1]

    async def follow(
        self, place: int, wanted: Callable[[Event], bool], for_s: float | None = None
    ) -> AsyncIterator[tuple[int, Event | None]]:
        """Events above ``place`` that are ``wanted``, each with its id; every 15 s without one the
        place alone, so that a reader can tell that all is well and go on from there.

        Ends when the process does, or after ``for_s`` seconds, once what is there was given.
        """
        began = told = time.monotonic()
        behind = True
        while not self._closed:
            news = self._news
            page = await self._page(place, behind)
            for event in page:
                place = event.id or place
                if wanted(event):
                    told = time.monotonic()
                    yield place, event
            behind = behind and bool(page)
            now = time.monotonic()
            if not page and for_s is not None and now - began >= for_s:
                return
            if now - told >= BEAT_S:
                told = now
                yield place, None
            if not page:
                ends = BEAT_S if for_s is None else for_s - (now - began)
                await _either(news, min(BEAT_S - (now - told), ends))

    def close(self) -> None:
        """End every reader's stream, and take no more."""
        self._closed = True
        self._news.set()
        if self._polling is not None:
            self._polling.cancel()

    async def _page(self, place: int, behind: bool) -> list[Event]:
        if self._polling is None and not self._closed:
            # Begins at the end: whoever is behind that reads the ledger itself.
            last = await self.last()
            if self._polling is None and not self._closed:
                self._kept.clear()
                self._floor = self._place = last
                self._polling = asyncio.create_task(self._poll())
        if behind or place < self._floor:
            return await self._reads.run(self._ledger.events, place, PAGE)
        return list(islice((one for one in self._kept if (one.id or 0) > place), PAGE))

    async def _poll(self) -> None:
        while True:
            found: list[Event] = []
            try:
                found = await self._reads.run(self._ledger.events, self._place, PAGE)
            except Exception as error:
                # Readers stay: they are told that they are connected, and nothing passes them by.
                log.debug("no news: %s", error)
            for event in found:
                if len(self._kept) == KEPT:
                    self._floor = self._kept[0].id or self._floor
                self._kept.append(event)
                self._place = event.id or self._place
            if found:
                news, self._news = self._news, asyncio.Event()
                news.set()
            if len(found) < PAGE:
                await asyncio.sleep(POLL_S)


async def _either(news: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0.0)):
            await news.wait()
