"""Work that an engine does again and again while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from signalbox.domain.errors import SignalboxError

log = logging.getLogger("signalbox")


class Rounds:
    """A number of rounds, each in a task of its own; all end with ``stop``."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], what: str) -> None:
        """Do ``work`` every ``seconds``; ``what`` says in the log what could not be done."""
        self._tasks.append(asyncio.create_task(_round(seconds, work, what)))

    def once(self, after_s: float, work: Callable[[], Awaitable[object]], what: str) -> None:
        """Do ``work`` once, ``after_s`` seconds from now."""
        self._tasks.append(asyncio.create_task(_later(after_s, work, what)))

    async def stop(self) -> None:
        """End them all."""
        for one in self._tasks:
            one.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _round(seconds: float, work: Callable[[], Awaitable[object]], what: str) -> None:
    while True:
        await _later(seconds, work, what)


async def _later(seconds: float, work: Callable[[], Awaitable[object]], what: str) -> None:
    await asyncio.sleep(seconds)
    try:
        await work()
    except SignalboxError as error:
        # Said in a sentence: several of these come every second while a database is away.
        log.warning("could not %s: %s", what, error)
    except Exception:
        # The next round tries again; a database that is away must not end the watch.
        log.exception("could not %s", what)
