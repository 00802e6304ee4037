"""Commits assignments through the writing lane."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.lanes import Lane
from graphs.recorder import RulesKept
from signalbox.domain.autonomy import RULES, Held, takes_effect
from signalbox.domain.decision import Decision
from signalbox.domain.limits import Draw, UnderRules
from signalbox.domain.ports import Ledger
from signalbox.domain.task import Task


class AssignmentRecorder:
    """The ledger as the spine commits assignments to it.

    What takes no effect is not kept: that a task goes on waiting is told beside the task.
    """

    def __init__(self, ledger: Ledger, writes: Lane, rules: RulesKept) -> None:
        self._ledger, self._writes, self._rules = ledger, writes, rules

    async def commit(self, task: Task, decision: Decision, draws: Sequence[Draw] = ()) -> Decision:
        """Commit once. Held where the switch or other rules bar it; Conflict, NotFound where the
        task waits no more or the resource has no place left."""
        if not takes_effect(decision):
            return decision
        under = UnderRules(
            kind=decision.kind.value,
            digests=self._rules.stands_for(decision.trace.rules_digest),
        )
        try:
            await self._writes.run(self._ledger.assignments.assign, decision, under)
        except Held as held:
            if held.part == RULES:
                self._rules.hurry()
            raise
        return decision
