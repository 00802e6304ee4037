"""One process at work: it says that it lives, and takes over from those that no longer do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from signalbox import __version__
from signalbox.domain.errors import SignalboxError
from signalbox.domain.jobs import Executors, Handlers
from signalbox.runtime.durable import Durable
from signalbox.runtime.watch import BEAT_S, Watch

log = logging.getLogger("signalbox.runtime")

PRUNE_EVERY_S = 600.0


class Host:
    """The durable runtime of this process and the watch over the others, in a thread of its own:
    neither must stop because the event loop is busy."""

    def __init__(
        self,
        url: str,
        role: str,
        executors: Executors,
        handlers: Handlers,
        clock: Callable[[], datetime],
    ) -> None:
        """``url`` is the ledger's; ``role`` (``serve``, ``worker``) is told to operators."""
        self.id = uuid.uuid4().hex
        self.role = role
        self.durable = Durable(url, self.id, handlers)
        self._executors, self._clock = executors, clock
        self._place = f"{socket.gethostname()}:{os.getpid()}"
        self._watch = Watch(self.id)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rounds, name="heartbeat", daemon=True)
        self._took_over = 0

    async def start(self) -> None:
        """Say that this process lives, then take up owed work. Raises as ``Durable.start``."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._beat)
        try:
            await asyncio.to_thread(self.durable.start, loop)
        except BaseException:
            await asyncio.to_thread(self._executors.end, self.id)
            raise
        self._thread.start()

    async def stop(self) -> None:
        """Finish what is under way, then go off the list. What is left is taken over by others."""
        finished = await asyncio.to_thread(self.durable.stop)
        self._over.set()
        await asyncio.to_thread(self._thread.join, 5.0)
        if finished:
            # With jobs left the row stays: others then find that its count no longer goes up.
            with contextlib.suppress(SignalboxError):
                await asyncio.to_thread(self._executors.end, self.id)

    def report(self) -> dict[str, Any]:
        """For ``/readyz``."""
        return {
            "durable": True,
            "role": self.role,
            "executor": self.id,
            "taken_over": self._took_over,
            "given_up": self.durable.failed,
        }

    def _beat(self) -> None:
        self._executors.beat(self.id, self.role, __version__, self._place, self._clock())

    def _rounds(self) -> None:
        pruned = time.monotonic()
        while not self._over.wait(BEAT_S):
            try:
                self._beat()
                self._take_over()
                if time.monotonic() - pruned > PRUNE_EVERY_S:
                    pruned = time.monotonic()
                    self.durable.prune()
            except Exception as error:
                # A database that is away is away for all: nobody is declared dead over it.
                log.debug("no heartbeat: %s", error)

    def _take_over(self) -> None:
        for id, beats in self._watch.look(self._executors.counts(), time.monotonic()).items():
            # Taken over before it is off the list: if this process dies in between, another one
            # finds it still there. To take over twice is harmless.
            count = self.durable.take_over(id)
            if self._executors.bury(id, beats):
                self._took_over += count
                log.warning("process %s has died; %d of its jobs are taken over", id, count)
