"""Threads that keep blocking work off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Lane:
    """A small pool for one kind of blocking work.

    One thread for writes to SQLite, which knows one writer: queueing here is fair and exact,
    whereas its own busy handler sleeps. One for the model, which is pinned to one thread anyway.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run ``work(*args)`` in the lane and await its result."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    def close(self) -> None:
        """Let what is under way finish, drop what has not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Lanes:
    """The lanes of one engine. On a database with ``one_writer`` commits queue in one of them."""

    def __init__(self, *, one_writer: bool) -> None:
        self.writes = Lane("writes", 1 if one_writer else 8)
        # What a submitter still waits for must not queue behind commits.
        self.accepts = Lane("accepts", 1 if one_writer else 4)
        self.reads = Lane("reads", 2 if one_writer else 8)
        self.model = Lane("model")

    def close(self) -> None:
        """Close every lane."""
        for lane in (self.model, self.accepts, self.writes, self.reads):
            lane.close()
