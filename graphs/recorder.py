"""Commits decisions through the writing lane, with what they take from the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from graphs.lanes import Lane
from guardrails.limits import Limits
from signalbox.domain.autonomy import RULES, Held, takes_effect
from signalbox.domain.decision import Decision
from signalbox.domain.limits import Draw, UnderRules
from signalbox.domain.ports import Ledger
from signalbox.domain.task import Task


class RulesKept(Protocol):
    """Who keeps the rules in force up to date."""

    def stands_for(self, digest: str) -> frozenset[str | None]:
        """The versions in the ledger that rules of ``digest`` stand for; None: for none active."""

    def hurry(self) -> None:
        """Look now: others are active."""


class LedgerRecorder:
    """The ledger as the spine commits to it."""

    def __init__(
        self, ledger: Ledger, writes: Lane, limits: Limits, rules: RulesKept | None = None
    ) -> None:
        """With ``rules`` nothing takes effect that rules have let pass which are active no more."""
        self._ledger, self._writes, self._limits = ledger, writes, limits
        self._rules = rules

    async def commit(self, task: Task, decision: Decision, draws: Sequence[Draw] = ()) -> Decision:
        """Commit once; a repeat returns the first. Held where the switch, a limit or other rules
        bar it."""
        upgrade = decision.epoch > 1 and not decision.source.after_approval
        checks = self._limits.checks(decision, task.requester, draws)
        checks = checks.model_copy(update={"rules": self._under(decision)})
        work: Callable[[], Decision] = partial(
            self._ledger.commit, task, decision, upgrade=upgrade, checks=checks
        )
        try:
            return await self._writes.run(work)
        except Held as held:
            if held.part == RULES and self._rules is not None:
                self._rules.hurry()
            raise

    def _under(self, decision: Decision) -> UnderRules | None:
        trace = decision.trace
        digest = trace.rechecked if decision.source.after_approval else trace.rules_digest
        if self._rules is None or not digest or not takes_effect(decision):
            return None
        return UnderRules(kind=decision.kind.value, digests=self._rules.stands_for(digest))
