"""Outcomes on their way from the ledger to those who learn from them, whoever recorded them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from graphs.lanes import Lane
from signalbox.domain.decision import Decision
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.ports import Ledger

log = logging.getLogger("signalbox.feedback")

PAGE = 500


class Learner(Protocol):
    """Who takes in what turned out right."""

    def feed_back(self, decision: Decision, outcome: Outcome) -> None: ...


class Feedback:
    """Reads on from its place in the outbox and feeds each outcome once.

    The ledger is the only way in: of two servers on one ledger both hear of every outcome, in the
    same order, and a server hears of its own no sooner and no oftener than of another's.
    ``learners`` are those in force: what the predictor proposed and what the language model
    proposed are each held against the same outcome.
    """

    def __init__(
        self, ledger: Ledger, reads: Lane, learners: Callable[[], Sequence[Learner]]
    ) -> None:
        self._ledger, self._reads, self._learners = ledger, reads, learners
        self._turn = asyncio.Lock()
        # A caller that is cancelled leaves its turn, but not the thread that works for it.
        self._working = threading.Lock()
        self._place = 0
        self._replayed: set[tuple[int, str, str]] = set()

    async def begin(
        self, replayed: int, to: Sequence[Learner], promised: Sequence[Learner] = ()
    ) -> None:
        """Take the place up; feed ``to`` the newest ``replayed`` outcomes of what came before.

        ``promised`` are fed the newest ones of subjects about which a proposal met a certificate,
        however much else has come since.
        """
        await self._reads.run(self._begin, replayed, tuple(to), tuple(promised))

    async def catch_up(self) -> None:
        """Feed what was recorded since. Raises Unavailable; the next call then reads on."""
        async with self._turn:
            await self._reads.run(self._catch_up)

    def _begin(self, replayed: int, to: tuple[Learner, ...], promised: tuple[Learner, ...]) -> None:
        # The place comes first: what is recorded in between is read twice rather than never.
        _, self._place = self._ledger.outcomes_after(0, 0)
        for learners, some in ((to, False), (promised, True)):
            if not learners:
                continue
            for decision, outcome in self._ledger.outcomes(None, replayed, promised=some):
                for learner in learners:
                    _teach(learner, decision, outcome)
                    self._replayed.add((id(learner), outcome.tenant, outcome.subject))

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
        about = (event.tenant, event.subject)
        waiting = [one for one in self._learners() if (id(one), *about) not in self._replayed]
        if not waiting:
            return
        decision = self._ledger.latest_decision(event.tenant, event.subject)
        if decision is None:
            return
        decision = decision.advised(self._ledger.find_advice(*about))
        outcome = Outcome.model_validate(event.data)
        for learner in waiting:
            _teach(learner, decision, outcome)


def _teach(learner: Learner, decision: Decision, outcome: Outcome) -> None:
    try:
        learner.feed_back(decision, outcome)
    except Exception:
        # One outcome that cannot be learned from must not keep the others back.
        log.exception("could not learn from the outcome of %s", outcome.subject)
