"""The soundness check: whether a plan, or an edit of a running one, may be put in force."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.soundness.editing import EditDoesNotApply, applied
from guardrails.soundness.finding import Code, Finding, Soundness, listed
from guardrails.soundness.graph import arity_findings, graph_of, shape_findings
from guardrails.soundness.history import states_after, still_to_come
from guardrails.soundness.keeping import lost_findings, own_findings, repeat_findings, watched_types
from guardrails.soundness.kernel import Kernel, kernel_of
from guardrails.soundness.promises import Promises, promises_of
from guardrails.soundness.token_game import BUDGET, Space, TooManyStates, played
from signalbox.domain.plan_edit import MAX_EDITS, Move, Offered, Parallelise, PlanEdit
from signalbox.domain.template import Template

MAX_HISTORY = 10_000


def check(
    template: Template,
    *,
    done: Sequence[str] = (),
    edits: Sequence[PlanEdit] = (),
    offered: Offered | None = None,
    budget: int = BUDGET,
) -> Soundness:
    """Whether ``template`` is sound and, with ``edits``, whether the plan they make of it is.

    ``done`` are the steps that the case has begun or finished, in that order and as often as they
    were; the edits must leave them as they are. ``offered`` is what the edits may bring in.
    ``budget`` bounds the states that are looked at: a plan beyond it is denied, not trusted.
    """
    return Checker(template, budget=budget).check(done=done, edits=edits, offered=offered)


class Checker:
    """``check`` for many edits of one template, which is looked at only once."""

    def __init__(self, template: Template, *, budget: int = BUDGET) -> None:
        self._budget = budget
        self._before = _Plan(template, budget)

    def check(
        self,
        *,
        done: Sequence[str] = (),
        edits: Sequence[PlanEdit] = (),
        offered: Offered | None = None,
    ) -> Soundness:
        """As the function of that name."""
        before = self._before
        if before.findings:
            return before.soundness(before.findings)
        if len(done) > MAX_HISTORY or len(edits) > MAX_EDITS:
            message = f"more than {MAX_EDITS} edits, or {MAX_HISTORY} executed steps, at once"
            return Soundness(findings=(Finding(code=Code.TOO_LARGE, message=message),))
        after = before
        found: list[Finding] = []
        if edits:
            try:
                after = _Plan(applied(before.template, edits, offered), self._budget)
            except EditDoesNotApply as refusal:
                return Soundness(findings=(refusal.finding,))
            found += _executed(done, edits) + after.findings
            if after.findings:
                return after.soundness(found)
        try:
            found += _promised(before, after, edits)
            found += _past(before, after, done, edits, self._budget)
        except TooManyStates:
            message = "what the plan promises, or has done, takes more looking than is allowed"
            fix = "nest its gateways, or give a larger budget"
            found.append(Finding(code=Code.TOO_COMPLEX, message=message, fix=fix))
        return after.soundness(found)


class _Plan:
    """A template with what is unsound about its flows."""

    def __init__(self, template: Template, budget: int) -> None:
        self.template = template
        self._budget = budget
        self.graph = graph_of(template)
        self.watched = watched_types(template)
        self._promises: dict[frozenset[str], Promises] = {}
        self._played: tuple[Kernel, Space] | None = None
        self.findings = arity_findings(self.graph)
        if self.findings:
            return
        kernel = kernel_of(self.graph)
        self.findings = [] if kernel.whole else shape_findings(self.graph)
        if not self.findings:
            space = played(kernel, budget)
            self._played = kernel, space
            self.findings = space.findings

    def promises(self, types: frozenset[str]) -> Promises:
        """The promises about ``types``; only of a plan without findings."""
        if types not in self._promises:
            assert self._played is not None
            kernel, space = self._played
            asked = tuple(sorted(types))
            self._promises[types] = promises_of(self.graph, kernel, space, asked, self._budget)
        return self._promises[types]

    def soundness(self, findings: list[Finding]) -> Soundness:
        """What was found about this plan, each thing once."""
        markings = len(self._played[1].markings) if self._played else 0
        unlike = tuple(dict.fromkeys(findings))
        return Soundness(findings=unlike, plan=self.template, markings=markings)


def _promised(before: _Plan, after: _Plan, edits: Sequence[PlanEdit]) -> list[Finding]:
    types = before.watched | after.watched
    promises = after.promises(types)
    found = list(own_findings(after.template, promises))
    if after is not before:
        found += repeat_findings(before.template, edits)
        kept = before.promises(types)
        found += lost_findings(before.template, after.template, kept, promises)
    return found


def _executed(done: Sequence[str], edits: Sequence[PlanEdit]) -> list[Finding]:
    past = set(done)
    touched = [step for edit in edits for step in edit.touched if step in past]
    return [
        Finding(
            code=Code.EXECUTED,
            ids=(step,),
            message=f"'{step}' has been executed already",
            fix="change only what is still to come",
        )
        for step in dict.fromkeys(touched)
    ]


def _past(
    before: _Plan, after: _Plan, done: Sequence[str], edits: Sequence[PlanEdit], budget: int
) -> list[Finding]:
    """Whether what was executed fits the plan, and whether the edits still come in time."""
    if not done:
        return []
    states = states_after(before.graph, done, budget)
    if not states:
        message = f"the executed steps, the last of them '{done[-1]}', do not fit the plan"
        fix = "give them in the order in which they began"
        return [Finding(code=Code.HISTORY, ids=(done[-1],), message=message, fix=fix)]
    if after is not before:
        states = states_after(after.graph, done, budget)
    if not states:
        message = "the edits would change what comes before a step that has been executed"
        fix = "change only what is still to come"
        return [Finding(code=Code.HISTORY, ids=(done[-1],), message=message, fix=fix)]
    moved = {edit.step for edit in edits if isinstance(edit, Move)}
    moved |= {step for edit in edits if isinstance(edit, Parallelise) for step in edit.touched}
    known = {step.id for step in before.template.activities}
    live = {step.id for step in after.template.activities if not step.skipped}
    late = ((live - known) | (live & moved)) - still_to_come(after.graph, states)
    if not late:
        return []
    ids = tuple(sorted(late))
    message = f"the case cannot come to {listed(ids)} any more"
    return [Finding(code=Code.TOO_LATE, ids=ids, message=message, fix="choose a place ahead of it")]
