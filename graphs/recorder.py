"""Commits decisions through the writing lane, with what they take from the limits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from graphs.lanes import Lane
from guardrails.limits import Limits
from signalbox.domain.decision import Decision
from signalbox.domain.limits import Draw
from signalbox.domain.ports import Ledger
from signalbox.domain.task import Task


class LedgerRecorder:
    """The ledger as the spine commits to it."""

    def __init__(self, ledger: Ledger, writes: Lane, limits: Limits) -> None:
        self._ledger, self._writes, self._limits = ledger, writes, limits

    async def commit(self, task: Task, decision: Decision, draws: Sequence[Draw] = ()) -> Decision:
        """Commit once; a repeat returns the first. Held where the switch or a limit bars it."""
        upgrade = decision.epoch > 1 and not decision.source.after_approval
        checks = self._limits.checks(decision, task.requester, draws)
        work = partial(self._ledger.commit, task, decision, upgrade=upgrade, checks=checks)
        return await self._writes.run(work)
