"""How long the soundness check takes, and whether edits against mandatory steps get by.

python -m evals.benchmarks.soundness --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from random import Random
from time import perf_counter_ns
from typing import Any

from evals.benchmarks.generated_plans import (
    corrected,
    generated_edit,
    generated_offer,
    generated_plan,
)
from guardrails.soundness import Checker, Soundness, check
from signalbox.domain.enums import Verdict
from signalbox.domain.plan_edit import Insert, Offered, PlanEdit, Repeat, Replace, Skip
from signalbox.domain.template import Activity, Mandatory

ACTIVITIES = 30
PLANS = 2_000
_WARM = 100


def bench_soundness(
    plans: int = PLANS, activities: int = ACTIVITIES, seed: int = 0
) -> dict[str, Any]:
    """Time ``plans`` random plans of ``activities`` activities.

    ``nested`` ones have one gateway for two activities, ``dense`` ones as many gateways as
    activities, and the gateways of ``mesh`` are not nested, so that the token game is played.

    ``template_*_ms`` is the check of a plan alone, ``edit_*_ms`` that of one random edit of it,
    which looks at the plan before and after, ``next_edit_*_ms`` that of a further edit of a plan
    that a ``Checker`` has looked at. ``refused`` edits named what was not there.
    ``mandatory_edits`` is how many edits that take out or double a mandatory step were tried on the
    plans that are sound by themselves, ``mandatory_accepted`` how many of them were not denied.
    Deterministic for a seed, except for the times.
    """
    rng = Random(seed)
    shapes = {
        "nested": _timed(rng, plans, activities, activities // 2),
        "dense": _timed(rng, plans, activities, activities),
        "mesh": _timed(rng, plans // 10, activities, activities, mesh=True),
    }
    tried, accepted = _mandatory(rng, plans, activities)
    return {
        "activities": activities,
        "seed": seed,
        **shapes,
        "mandatory_edits": tried,
        "mandatory_accepted": accepted,
    }


def _timed(
    rng: Random, plans: int, activities: int, most_gateways: int, *, mesh: bool = False
) -> dict[str, Any]:
    alone: list[int] = []
    edited: list[int] = []
    again: list[int] = []
    verdicts: Counter[str] = Counter()
    markings = gateways = 0
    for number in range(_WARM + plans):
        plan = corrected(generated_plan(rng, activities, most_gateways=most_gateways, mesh=mesh))
        offered = generated_offer(rng, plan)
        edit = generated_edit(rng, plan, offered)
        checker = Checker(plan)
        checker.check()
        times = [perf_counter_ns()]
        answer = check(plan)
        times.append(perf_counter_ns())
        check(plan, edits=[edit], offered=offered)
        times.append(perf_counter_ns())
        edited_plan = checker.check(edits=[edit], offered=offered)
        times.append(perf_counter_ns())
        markings = max(markings, answer.markings, edited_plan.markings)
        gateways += len(plan.gateways)
        if number >= _WARM:
            verdicts[_word(edited_plan)] += 1
            alone.append(times[1] - times[0])
            if edited_plan.plan is not None:
                edited.append(times[2] - times[1])
                again.append(times[3] - times[2])
    return {
        "plans": plans,
        "mean_gateways": round(gateways / (_WARM + plans), 1),
        "template_p50_ms": _quantile(alone, 0.50),
        "template_p99_ms": _quantile(alone, 0.99),
        "edit_p50_ms": _quantile(edited, 0.50),
        "edit_p99_ms": _quantile(edited, 0.99),
        "next_edit_p50_ms": _quantile(again, 0.50),
        "next_edit_p99_ms": _quantile(again, 0.99),
        "most_markings": markings,
        "verdicts": dict(sorted(verdicts.items())),
    }


def _word(answer: Soundness) -> str:
    return "refused" if answer.plan is None else answer.verdict.word


def _mandatory(rng: Random, plans: int, activities: int) -> tuple[int, int]:
    """(edits tried, edits not denied) against the mandatory steps of random plans."""
    tried = accepted = 0
    for _ in range(plans):
        plan = corrected(generated_plan(rng, activities, mesh=rng.random() < 0.1))
        steps = [step for step in plan.activities if step.mandatory is not Mandatory.NO]
        if not steps or check(plan).verdict is not Verdict.ALLOW:
            continue
        step = rng.choice(steps)
        offered = Offered(activities=(step, Activity(id="call")))
        checker = Checker(plan)
        for edit in _against(step, rng.choice(plan.activities).id):
            tried += 1
            answer = checker.check(edits=[edit], offered=offered)
            accepted += answer.verdict is not Verdict.DENY
    return tried, accepted


def _against(step: Activity, place: str) -> list[PlanEdit]:
    return [
        Skip(step=step.id),
        Replace(step=step.id, activity="call"),
        Insert(activity=step.id, after=place),
        Repeat(step=step.id),
    ]


def _quantile(nanoseconds: list[int], share: float) -> float:
    ordered = sorted(nanoseconds)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] / 1e6, 4)


def main() -> int:
    """Print the figures; 1 where an edit against a mandatory step was not denied."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=PLANS)
    parser.add_argument("--activities", type=int, default=ACTIVITIES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.plans < 10 or not 1 <= given.activities <= 500:
        parser.error("give at least 10 plans, and 1 to 500 activities")
    figures = bench_soundness(given.plans, given.activities, given.seed)
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in figures.items())
    return 1 if figures["mandatory_accepted"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
