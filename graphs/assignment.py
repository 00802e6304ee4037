"""Assignment: who of its team a task goes to. A kind of decision on the spine.

The options are those who could take the task now, in the order of the allocation policy. Rules are
asked about each in turn and the first that nothing speaks against is picked: a policy only ranks
what is permitted. The text of a task is not part of it: nobody is chosen by what a text says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from graphs.kind import Brief, RulesInForce, Scalar
from graphs.readings import amount_of, given_as, priority_of, tier_of
from graphs.situation import Situation
from guardrails import Screened
from rules import RuleVerdict
from rules.kinds import CHOSEN
from signalbox.domain.assignment import Assignment
from signalbox.domain.decision import Decision
from signalbox.domain.enums import Kind, Reversibility, RiskClass, Verdict
from signalbox.domain.limits import Draw
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.learning.allocation.crew import Candidate

ACTION = "assign_task"
RESOURCE = "resource"
TEAM, ACTIVITY = "team", "activity"


class AssignmentKind:
    """Options are candidates; facts are numbers about the task, its team and one candidate.

    ``check`` says what keeps a resource from a task, in words: it looks at the register and not at
    the list of candidates, so that a slip in making that list is found.
    """

    kind = Kind.ASSIGNMENT
    reversibility = Reversibility.REVERSIBLE
    brief = Brief()

    def __init__(
        self, rules: RulesInForce, check: Callable[[Assignment, str, datetime], str]
    ) -> None:
        self._rules, self._check = rules, check
        self._under_way: dict[tuple[str, str], Situation] = {}

    def begin(self, situation: Situation) -> Task:
        """Take up one task; what travels along the spine for it."""
        pick = situation.pick
        key = (pick.task.tenant, pick.task.task_id)
        self._under_way[key] = situation
        given = {**pick.task.attributes, TEAM: pick.queue.team, ACTIVITY: pick.queue.activity}
        return Task(id=key[1], tenant=key[0], attributes=given, received_at=pick.task.received_at)

    def finish(self, task: Task) -> None:
        """Let go of it."""
        self._under_way.pop((task.tenant, task.id), None)

    def _of(self, task: Task) -> Situation:
        return self._under_way[task.tenant, task.id]

    def options(self, task: Task | None = None) -> tuple[str, ...]:
        """The candidates for ``task``, best first."""
        if task is None:
            return ()
        return tuple(one.resource.id for one in self._of(task).pick.candidates)

    def facts(
        self,
        task: Task,
        screened: Screened,
        prediction: Prediction | None,
        *,
        spoken: bool,
        option: str | None = None,
    ) -> dict[str, Scalar]:
        """Facts by the names of ``rules.kinds.ASSIGNMENT_FACTS``."""
        found = self._of(task)
        given = given_as(task.attributes)
        facts: dict[str, Scalar] = {
            "team": found.pick.queue.team,
            "activity": found.pick.queue.activity,
            "priority": priority_of(given.get("priority", ""))[:100],
            "waited_minutes": _minutes(found.pick.task.since, found.now),
            "skills_required": len(found.needed),
            "skills_relaxed": found.pick.queue.relaxed,
            "team_present": found.present,
            "team_holds": found.team_holds,
        }
        readers: dict[str, Callable[[str], Scalar]] = {
            "customer_tier": tier_of, "amount": amount_of
        }  # fmt: skip
        for name, read in readers.items():
            if name in given:
                value = read(given[name])
                facts[name] = value[:100] if isinstance(value, str) else value
        candidate = None if option is None else found.candidate(option)
        if candidate is not None:
            facts |= self._about(found, candidate)
        return facts

    def _about(self, found: Situation, one: Candidate) -> dict[str, Scalar]:
        who = one.resource
        facts: dict[str, Scalar] = {
            "holds": one.taken,
            "capacity": who.capacity,
            "load_share": round((one.taken + 1) / (found.team_holds + 1), 4),
            "expected_hours": round(min(one.hours, 1e6), 3),
            "slowness": round(min(one.hours / max(found.fastest_hours, 1e-9), 1e6), 3),
            "skills_missing": len(found.needed - who.skills),
            "passed_over_minutes": found.pick.passed_over.get(who.id, 0),
            CHOSEN: who.id,
        }
        if who.cost is not None:
            facts["cost"] = round(who.cost, 2)
        return facts

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction | None:
        """The best candidate that no rule speaks against, with what it was held against.

        Where none is left to the engine, the best of those a person could choose; else None.
        """
        found = self._of(task)
        # ``facts`` reads nothing of what was screened: numbers about the task are all there is.
        common = self.facts(task, _NOTHING, None, spoken=True)
        picked, fallback = None, None
        for one in found.pick.candidates:
            name = one.resource.id
            if name not in offered:
                found.barred[name] = ("a rule narrowed the choice",)
                continue
            verdict = self._rules.evaluate(common | self._about(found, one), (name,))
            if verdict.guard is Verdict.ALLOW:
                picked = name
                break
            found.barred[name] = _speaking(verdict)
            if verdict.guard is Verdict.REQUIRE_APPROVAL:
                fallback = fallback or name
        chosen = picked or fallback
        if chosen is None:
            return None
        return Prediction(
            ranked=(),
            automatic=True,
            pick=chosen,
            considered=tuple(_shown(found, chosen)),
            reason=_why(found, chosen),
        )

    def verify(self, task: Task, option: str, offered: Sequence[str]) -> str:
        if option not in offered:
            return f"'{option}' is not among those who could take it"
        found = self._of(task)
        return self._check(found.pick.task, option, found.now)

    def risk(self, task: Task, option: str) -> RiskClass:
        """Low: the team is right already, and work can be given to somebody else."""
        return RiskClass.LOW

    def draws(self, task: Task, option: str) -> tuple[Draw, ...]:
        """Nothing."""
        return ()

    def action(self, decision: Decision) -> tuple[str, dict[str, object], str]:
        args: dict[str, object] = {"task_id": decision.subject, RESOURCE: decision.option}
        return ACTION, args, f"Give task {decision.subject} to {decision.option}: {decision.reason}"


_NOTHING = Screened(text_length=0, redactions=0, language_risk=False, excerpt="")


def _minutes(begin: datetime, end: datetime) -> int:
    return max(0, int((end - begin).total_seconds() // 60))


def _speaking(verdict: RuleVerdict) -> tuple[str, ...]:
    named = tuple(
        row["rule"] for row in verdict.explain() if row["outcome"] in ("fired", "assumed")
    )
    return named or verdict.reasons


def _shown(found: Situation, chosen: str) -> list[dict[str, Any]]:
    rows = []
    for one in found.pick.candidates:
        name = one.resource.id
        rows.append(
            _row(one) | {"chosen": name == chosen, "barred": list(found.barred.get(name, ()))}
        )
    rows += [_row(one) | {"chosen": False, "refused": True} for one in found.pick.refused]
    return rows


def _row(one: Candidate) -> dict[str, Any]:
    return {
        "resource": one.resource.id,
        "expected_hours": round(one.hours, 3),
        "tasks_seen": one.tasks,
        "holds": one.taken,
        "capacity": one.resource.capacity,
        "index": round(one.value, 4),
    }


def _why(found: Situation, chosen: str) -> str:
    """In a sentence: why this one, why not the next best, who was passed over and by what."""
    candidates = {one.resource.id: one for one in found.pick.candidates}
    parts = [_told(candidates[chosen])]
    after = [name for name in candidates if name != chosen and name not in found.barred]
    if after:
        parts.append(f"next best {_told(candidates[after[0]])}")
    for name, rules in found.barred.items():
        if name != chosen:
            parts.append(f"not {name}: {', '.join(rules)}")
    if found.pick.refused:
        parts.append(f"not {found.pick.refused[0].resource.id}: too slow for this to be worth it")
    return "; ".join(parts)


def _told(one: Candidate) -> str:
    known = f"{one.tasks} seen" if one.tasks else "none seen yet"
    return (
        f"{one.resource.id} takes {one.hours:.3g} h for one ({known}) and has "
        f"{one.taken} of {one.resource.capacity}"
    )
