"""Outcomes on their way from the ledger to the predictor, whichever server recorded them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from graphs.lanes import Lane
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.ports import Ledger, Predictor

log = logging.getLogger("signalbox.feedback")

PAGE = 500


class Feedback:
    """Reads on from its place in the outbox and feeds each outcome once.

    The ledger is the only way in: of two servers on one ledger both hear of every outcome, in the
    same order, and a server hears of its own no sooner and no oftener than of another's.
    """

    def __init__(
        self, ledger: Ledger, reads: Lane, predictor: Callable[[], Predictor | None]
    ) -> None:
        self._ledger, self._reads, self._predictor = ledger, reads, predictor
        self._turn = asyncio.Lock()
        # A caller that is cancelled leaves its turn, but not the thread that works for it.
        self._working = threading.Lock()
        self._place = 0
        self._replayed: set[tuple[str, str]] = set()

    async def begin(self, replayed: int) -> None:
        """Take the place up; of what came before, feed the newest ``replayed`` outcomes."""
        await self._reads.run(self._begin, replayed)

    async def catch_up(self) -> None:
        """Feed what was recorded since. Raises Unavailable; the next call then reads on."""
        async with self._turn:
            await self._reads.run(self._catch_up)

    def _begin(self, replayed: int) -> None:
        # The place comes first: what is recorded in between is read twice rather than never.
        _, self._place = self._ledger.outcomes_after(0, 0)
        predictor = self._predictor()
        if predictor is None or not replayed:
            return
        for decision, outcome in self._ledger.outcomes(None, replayed):
            predictor.feed_back(decision, outcome)
            self._replayed.add((outcome.tenant, outcome.subject))

    def _catch_up(self) -> None:
        with self._working:
            while True:
                events, place = self._ledger.outcomes_after(self._place, PAGE)
                for event in events:
                    self._feed(event)
                    self._place = event.id or self._place
                self._place = place
                self._replayed.clear()
                if len(events) < PAGE:
                    return

    def _feed(self, event: Event) -> None:
        predictor = self._predictor()
        if predictor is None or (event.tenant, event.subject) in self._replayed:
            return
        decision = self._ledger.latest_decision(event.tenant, event.subject)
        if decision is None:
            return
        try:
            predictor.feed_back(decision, Outcome.model_validate(event.data))
        except Exception:
            # One outcome that cannot be learned from must not keep the others back.
            log.exception("could not learn from the outcome of %s", event.subject)
