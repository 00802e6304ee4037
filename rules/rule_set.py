"""A rule set that has been checked and is ready to evaluate: twice, and closed on any doubt."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.durable import DurableMatcher, import_engine
from rules.facts import Coded, FactSchema
from rules.intake import Intake
from rules.interlocking import Narrowed, interlock
from rules.model import Clause, Definition, Rule
from rules.python_evaluator import PythonEvaluator
from rules.verdict import Evaluators, Recorded, RuleVerdict, members
from signalbox.domain.enums import Verdict


class RuleSet:
    """One version of a rule set with its bindings. Safe to share between threads.

    ``disagreements`` counts evaluations in which the evaluators differed, ``failures`` those in
    which the second one could not be trusted; both are for metrics and only ever grow. ``twice``
    set to False leaves the second evaluator out even where it is available, to measure its cost.
    """

    def __init__(
        self,
        definition: Definition,
        bindings: Mapping[str, str] | None = None,
        *,
        twice: bool = True,
    ) -> None:
        self.definition = definition
        self.bindings = dict(bindings or {})
        self.digest = definition.digest(self.bindings)
        self.disagreements = 0
        self._rules = definition.all_rules
        self._facts = definition.schema.facts
        self._python = PythonEvaluator(self._facts, self._rules)
        self._matcher = self._second_evaluator() if twice else None
        self.evaluators: Evaluators = "python-only" if self._matcher is None else "both"
        spell = [_unspelt] * len(self._facts) if self._matcher is None else self._matcher.spell
        self._intake = Intake(self._facts, self._python.find, spell)

    def _second_evaluator(self) -> DurableMatcher | None:
        try:
            engine = import_engine()
        except ImportError:
            return None
        matcher = DurableMatcher(engine, self._facts, self._rules)
        weakref.finalize(self, matcher.close).atexit = False
        return matcher

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def version(self) -> str:
        return self.definition.version

    @property
    def kind(self) -> str:
        return self.definition.kind

    @property
    def schema(self) -> FactSchema:
        return self.definition.schema

    @property
    def failures(self) -> int:
        return 0 if self._matcher is None else self._matcher.failures

    def evaluate(
        self,
        facts: Mapping[str, object],
        options: Sequence[str],
        *,
        bindings: Mapping[str, str] | None = None,
    ) -> RuleVerdict:
        """Evaluate once with each evaluator and combine. Never raises for what ``facts`` hold.

        ``bindings`` takes the place of the set's own, as the embedded cases do.

        Facts that are not declared are not read. A fact that does not fit its declaration, or a
        required one that is missing, asks for a person, and every guard that reads it is taken to
        hold unless another of its conditions is false.
        """
        trace, satisfied, spelt, problems = self._intake.read(facts)
        match = self._python.match(satisfied)
        matched = match.fired if self._matcher is None else self._matcher.match(spelt)
        rules, bound = self._rules, self.bindings if bindings is None else bindings
        fired = [rules[index] for index in members(match.fired)]
        assumed: tuple[str, ...] = ()
        if not problems and matched == match.fired:
            narrowed = interlock(fired, options, bound)
        else:
            fired, narrowed, assumed = self._in_doubt(
                Evaluated(match.fired, matched, satisfied), problems, options, bound
            )
        return RuleVerdict(
            tuple([rule.id for rule in fired]),
            *narrowed,
            assumed,
            self.digest,
            self.evaluators,
            matched is not None and matched != match.fired,
            Recorded(rules, trace, match.near, self._python.condition_rules),
            tuple(problems),
        )

    def close(self) -> None:
        """Release the matcher's memory; evaluating afterwards fails closed."""
        if self._matcher is not None:
            self._matcher.close()

    def _in_doubt(
        self,
        evaluated: Evaluated,
        problems: Mapping[str, str],
        options: Sequence[str],
        bound: Mapping[str, str],
    ) -> tuple[list[Rule], Narrowed, tuple[str, ...]]:
        """(rules that count as fired, what follows, ids of guards that were assumed)."""
        first, second, satisfied = evaluated
        fired = [self._rules[index] for index in members(first | (second or 0))]
        assumed = [rule for rule in self._assumed(satisfied, problems) if rule not in fired]
        narrowed = interlock([*fired, *assumed], options, bound)
        reasons = [f"fact '{name}' {problem}" for name, problem in problems.items()]
        guard = max(narrowed.guard, Verdict.REQUIRE_APPROVAL)
        if second is None:
            reasons.append("the second rule evaluator failed")
        elif second != first:
            self.disagreements += 1
            differing = [self._rules[index].id for index in members(first ^ second)]
            reasons.append(f"the rule evaluators disagree on {', '.join(differing)}")
            guard = Verdict.DENY
            narrowed = narrowed._replace(forced=None, fallback=None, allowed=())
        narrowed = narrowed._replace(guard=guard, reasons=(*narrowed.reasons, *reasons))
        return fired, narrowed, tuple(rule.id for rule in assumed)

    def _assumed(self, satisfied: int, problems: Mapping[str, str]) -> list[Rule]:
        """Guards that nothing known contradicts, of those that read a fact with a problem."""

        def reads_unknown(clause: Clause) -> bool:
            return any(condition.fact.name in problems for condition in clause)

        return [
            rule
            for index, rule in enumerate(self._rules)
            if rule.verdict is not None
            and any(map(reads_unknown, rule.clauses))
            and all(
                satisfied & self._python.clause_bit(index, level) or reads_unknown(clause)
                for level, clause in enumerate(rule.clauses)
            )
        ]


class Evaluated(NamedTuple):
    """What the evaluators said: rules that fire, by each of them, and clauses that hold."""

    first: int
    second: int | None
    satisfied: int


def _unspelt(_: Coded | None) -> str:
    return ""
