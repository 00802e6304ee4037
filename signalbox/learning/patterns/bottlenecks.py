"""Bottlenecks: the transitions and activities that cost the most time, in all and per case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from signalbox.learning.patterns.resample import per_case
from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

_SUMS = """
select {group} as part, "case", sum({cost})::double as hours from steps
where {cost} is not null group by part, "case" order by part, "case"
"""
_OF_EACH = """
select {group} as part, count({cost}), median({cost}), quantile_cont({cost}, 0.9)
from steps group by part having count({cost}) > 0 order by part
"""


def bottlenecks(steps: Steps, seed: int = 0) -> dict[str, Any]:
    """``transitions`` and ``activities``, those that cost most first.

    ``measure`` is what is ranked: waiting (from the completion before until the begin) where the
    log has starts, else the time elapsed between two completions, in which waiting and processing
    cannot be told apart. With starts every activity has both, its waiting counted from whatever of
    the case was finished last when it was begun: of activities that run side by side one does not
    wait for the other, though it may follow it directly. ``per_case_hours`` is spread over all
    cases, with a 95 % interval by bootstrap over cases; ``share`` is of the total of the list.
    """
    width = len(steps.activities)
    pairs = _ranked(steps, f"previous * {width} + activity", steps.cost, seed)
    transitions = []
    for code, figures in pairs:
        one, other = divmod(code, width)
        transitions.append(
            {"from": steps.activities[one], "to": steps.activities[other], **figures}
        )
    before = "idle" if steps.has_starts else steps.cost
    activities = [
        {"activity": steps.activities[code], **figures}
        for code, figures in _ranked(steps, "activity", before, seed)
    ]
    if steps.has_starts:
        processing = dict(_ranked(steps, "activity", "processing", seed))
        known = {row["activity"] for row in activities}
        # What always comes first is never waited for, yet may take long.
        activities += [
            {"activity": name, **_NOTHING}
            for code, name in enumerate(steps.activities)
            if code in processing and name not in known
        ]
        code_of = {name: code for code, name in enumerate(steps.activities)}
        for row in activities:
            row["processing"] = processing.get(code_of[row["activity"]])
    return {"measure": steps.cost, "transitions": transitions, "activities": activities}


_NOTHING: dict[str, Any] = {
    "count": 0,
    "total_hours": 0.0,
    "share": 0.0,
    "per_case_hours": 0.0,
    "per_case_interval": [0.0, 0.0],
    "median_hours": None,
    "p90_hours": None,
}


def _ranked(steps: Steps, group: str, cost: str, seed: int) -> list[tuple[int, dict[str, Any]]]:
    """(code of the group, its figures), the greatest total first."""
    sums = steps.columns(_SUMS.format(group=group, cost=cost))
    if not len(sums["part"]):
        return []
    codes, place = np.unique(sums["part"], return_inverse=True)
    mean, interval = per_case(place, sums["case"], sums["hours"], len(codes), len(steps), seed)
    of_each = {row[0]: row[1:] for row in steps.rows(_OF_EACH.format(group=group, cost=cost))}
    total = mean.sum()
    found = []
    for at in np.argsort(-mean, kind="stable"):
        count, middle, late = of_each[int(codes[at])]
        found.append(
            (
                int(codes[at]),
                {
                    "count": count,
                    "total_hours": shown(float(mean[at] * len(steps))),
                    "share": shown(float(mean[at] / total)) if total else 0.0,
                    "per_case_hours": shown(float(mean[at])),
                    "per_case_interval": _pair(interval[at]),
                    "median_hours": shown(middle),
                    "p90_hours": shown(late),
                },
            )
        )
    return found


def _pair(interval: Sequence[float] | np.ndarray) -> list[float | None]:
    return [shown(float(end)) for end in interval]
