"""One random plan with random edits and history: the checker's answer beside the oracle's."""

from __future__ import annotations

from collections import Counter
from random import Random

from evals.benchmarks.generated_plans import corrected, generated_offer
from guardrails.soundness import Code, EditDoesNotApply, applied, check
from tests.guardrails.soundness import nets, oracle

FLOW_CODES = {
    Code.ARITY,
    Code.UNREACHABLE,
    Code.NO_WAY_OUT,
    Code.UNBOUNDED_LOOP,
    Code.DEADLOCK,
    Code.NOT_SYNCHRONISED,
    Code.LEFT_BEHIND,
    Code.DEAD,
}
_HARMS = {
    Code.MANDATORY_REMOVED: "kept",
    Code.MANDATORY_BYPASSED: "kept",
    Code.DUTIES_REMOVED: "kept",
    Code.MANDATORY_DUPLICATED: "duplicated",
    Code.NEEDS: "needs",
    Code.DUTIES_SHARED: "shared",
    Code.ORDER: "order",
}


def compare(seed: int, most_steps: int = 6) -> Counter[str]:
    """Assert that both agree; what kind of case it was."""
    rng = Random(seed)
    plan = nets.template(rng, rng.randint(2, most_steps))
    if rng.random() < 0.6:
        plan = corrected(plan)
    alone = check(plan)
    if Code.TOO_COMPLEX in {f.code for f in alone.findings}:
        return Counter(too_complex=1)
    flow_problem = bool({f.code for f in alone.findings} & FLOW_CODES)
    assert flow_problem != oracle.sound(plan), (seed, alone.findings)
    if flow_problem:
        return Counter(unsound=1)
    told = Counter(sound=1, folded=alone.markings == 1, unfolded=alone.markings > 1)
    assert oracle.completes_with_bounds(plan), seed
    assert _harms(alone) == oracle.harms(plan, plan), seed
    offered = generated_offer(rng, plan)
    edits = nets.edits(rng, plan, offered)
    done = _history(rng, plan)
    answer = check(plan, done=done, edits=edits, offered=offered)
    try:
        after = applied(plan, edits, offered)
    except EditDoesNotApply as refusal:
        assert answer.findings == (refusal.finding,)
        return told + Counter(refused=1)
    assert answer.plan == after
    if Code.TOO_COMPLEX in {f.code for f in answer.findings}:
        return told + Counter(too_complex=1)
    unsound = bool({f.code for f in answer.findings} & FLOW_CODES)
    assert unsound != oracle.sound(after), (seed, answer.findings)
    if unsound:
        return told + Counter(edit_unsound=1)
    assert oracle.completes_with_bounds(after), seed
    assert _harms(answer) == oracle.harms(plan, after, edits), (seed, edits, answer.findings)
    _compare_past(seed, plan, after, done, edits, answer)
    return told + Counter([answer.verdict.word], with_history=bool(done))


def _compare_past(seed, plan, after, done, edits, answer) -> None:
    codes = {finding.code for finding in answer.findings}
    touched = {step for edit in edits for step in edit.touched}
    assert (Code.EXECUTED in codes) == bool(touched & set(done)), seed
    states = oracle.states_after(after, done)
    fits = bool(oracle.states_after(plan, done)) and bool(states)
    assert (Code.HISTORY in codes) != fits, (seed, done)
    if not fits or not done:
        return
    known = {step.id for step in plan.activities}
    moved = {s for e in edits if e.verb in ("move", "parallelise") for s in e.touched}
    live = {step.id for step in after.activities if not step.skipped}
    late = ((live - known) | (live & moved)) - oracle.still_possible(after, states)
    told = {name for f in answer.findings if f.code is Code.TOO_LATE for name in f.ids}
    assert told == late, (seed, done, edits)


def _harms(answer) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for finding in answer.findings:
        kind = _HARMS.get(finding.code)
        if kind in ("kept", "duplicated"):
            found |= {(kind, name) for name in finding.ids}
        elif kind:
            found.add((kind, *finding.ids))
    return found


def _history(rng: Random, plan) -> tuple[str, ...]:
    """A beginning of a run, half of the time; now and then one that never happened."""
    if rng.random() < 0.5:
        return ()
    net = oracle.net_of(plan)
    over = rng.random() < 0.2
    state, done = (net.first, ()), []
    for _ in range(rng.randint(1, 12)):
        # Over: as if nothing were bounded, so that some go round too often.
        onward = (
            [((after, ()), node) for after, node, _ in net.firings(state[0])]
            if over
            else list(oracle.bounded_firings(net, state))
        )
        if not onward:
            break
        state, node = rng.choice(onward)
        if node in net.steps and not net.steps[node].skipped:
            done.append(node)
    if rng.random() < 0.1:
        done.append(rng.choice(plan.activities).id)
    return tuple(done)
