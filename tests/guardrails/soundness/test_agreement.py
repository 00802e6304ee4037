"""The checker and the brute-force oracle say the same of random plans, edits and histories."""

from collections import Counter
from random import Random

import pytest

from evals.benchmarks.generated_plans import generated_edit, generated_offer
from guardrails.soundness import Code, check
from guardrails.soundness.keeping import mandatory_types
from signalbox.domain.enums import Verdict
from tests.guardrails.soundness import nets, oracle
from tests.guardrails.soundness.agreement import compare

CHUNKS, EACH = 10, 500
KEPT = {Code.MANDATORY_REMOVED, Code.MANDATORY_BYPASSED, Code.DUTIES_REMOVED}


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_both_agree_on_every_random_plan_and_edit(chunk):
    told = Counter()
    for seed in range(chunk * EACH, (chunk + 1) * EACH):
        told += compare(seed)
    assert told["sound"] + told["unsound"] >= EACH - 5
    # Not vacuous: every kind of case comes up.
    for kind in ("unsound", "unfolded", "refused", "allow", "deny", "require_approval"):
        assert told[kind] >= 3, (kind, told)
    assert told["with_history"] >= 50


def test_what_no_finding_takes_back_runs_on_every_path_on_which_it_ran():
    """Path by path: the same choices lead to the same mandatory steps and separate duties."""
    paths = lost = 0
    for seed in range(300):
        rng = Random(seed)
        plan = nets.template(rng, rng.randint(2, 6))
        offered = generated_offer(rng, plan)
        answer = check(plan, edits=[generated_edit(rng, plan, offered)], offered=offered)
        guarded = set(mandatory_types(plan)) | {duty for pair in plan.separate for duty in pair}
        if answer.plan in (None, plan) or not oracle.sound(plan) or not oracle.sound(answer.plan):
            continue
        told = {name for f in answer.findings if f.code in KEPT for name in f.ids}
        before, after = (oracle.complete_runs(one, guarded) for one in (plan, answer.plan))
        known = {choice for choices, _ in before for choice in choices}
        always = {}
        for choices, ran in before:
            always[choices] = always.get(choices, ran) & ran
        for choices, ran in after:
            missing = always.get(choices & known, frozenset()) - ran
            assert missing <= told, (seed, missing)
            paths += 1
            lost += bool(missing)
    assert paths > 300
    assert lost > 20


def test_an_allowed_edit_leaves_a_plan_that_is_allowed_by_itself():
    allowed = 0
    for seed in range(400):
        rng = Random(seed)
        plan = nets.template(rng, rng.randint(2, 6))
        offered = generated_offer(rng, plan)
        answer = check(plan, edits=nets.edits(rng, plan, offered), offered=offered)
        if answer.verdict is Verdict.ALLOW:
            assert check(answer.plan).verdict is Verdict.ALLOW, seed
            allowed += 1
    assert allowed > 15
