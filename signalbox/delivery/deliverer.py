"""The deliverer: a plain object that is called again and again, in any number of processes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from graphs.lanes import Lane
from signalbox.delivery.sender import Sender
from signalbox.domain.webhook import Batch, Deliveries

log = logging.getLogger("signalbox.delivery")

NOTED_AT_ONCE = 500
SENT_AT_ONCE = 16
"""To one endpoint, from this process."""
MOST_ENDPOINTS = 32
PATIENCE_S = 0.5
SWEEP_EVERY_S = 600.0
STOPS_WITHIN_S = 10.0


class Deliverer:
    """Notes who wants what happened, and sends it: endpoints side by side, none waits for another.

    What a round has not finished within its patience goes on by itself; a process that dies leaves
    leases behind, which lapse.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        sender: Sender,
        reads: Lane,
        writes: Lane,
        clock: Callable[[], datetime],
    ) -> None:
        self._deliveries, self._sender = deliveries, sender
        self._reads, self._writes, self._clock = reads, writes, clock
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._swept: datetime | None = None
        self._settled = 0
        self.counts: Counter[str] = Counter()
        """Attempts of this process by what came of them: ``delivered``, ``again``, ``dead``."""

    async def run_once(self, patience_s: float = PATIENCE_S) -> int:
        """One round; how many deliveries were settled since the last, one way or the other.

        Raises Unavailable when the ledger does not answer.
        """
        now = self._clock()
        noted = NOTED_AT_ONCE
        while noted == NOTED_AT_ONCE:
            noted = await self._reads.run(self._deliveries.fan_out, NOTED_AT_ONCE, now)
        if self._swept is None or (now - self._swept).total_seconds() >= SWEEP_EVERY_S:
            self._swept = now
            await self._writes.run(self._deliveries.sweep, now)
        for id in await self._reads.run(self._deliveries.due, now):
            if id not in self._serving and len(self._serving) < MOST_ENDPOINTS:
                self._serving[id] = asyncio.create_task(self._serve(id))
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=patience_s)
        settled, self._settled = self._settled, 0
        return settled

    async def aclose(self) -> None:
        """Let what is under way finish for up to ten seconds, then leave it to others."""
        if self._serving:
            _, late = await asyncio.wait(self._serving.values(), timeout=STOPS_WITHIN_S)
            for one in late:
                one.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._sender.aclose()

    async def _serve(self, id: str) -> None:
        """Send to one endpoint until nothing is due, or nothing arrives."""
        try:
            while True:
                batch = await self._writes.run(
                    self._deliveries.claim, id, SENT_AT_ONCE, self._clock()
                )
                if batch is None or not await self._send(batch):
                    return
        except Exception:
            # What was taken is taken again when its lease has lapsed.
            log.exception("could not deliver to webhook %s", id)
        finally:
            self._serving.pop(id, None)

    async def _send(self, batch: Batch) -> bool:
        """Whether there is a point in going on at once."""
        attempts = await asyncio.gather(
            *(self._sender.send(batch.webhook, batch.secrets, event) for event, _ in batch.events)
        )
        settled = await self._writes.run(self._deliveries.settle, batch, attempts, self._clock())
        self.counts.update(delivered=settled.delivered, again=settled.again, dead=settled.dead)
        self._settled += settled.delivered + settled.again + settled.dead
        for one in attempts:
            if not one.ok:
                log.info("webhook %s: event %d: %s", batch.webhook.id, one.event_id, one.error)
        return any(one.ok for one in attempts)
