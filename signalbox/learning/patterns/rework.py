"""Rework: activities done again in the same case, the ways back that lead there, and their cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

_AGAIN = """
with marked as (
    select *, row_number() over (partition by "case", activity order by position) > 1 as again,
        lag(activity, 2) over (partition by "case" order by position) as before_previous
    from steps
)
"""
_BY_ACTIVITY = (
    _AGAIN
    + """
select activity, count(*) filter (again), count(distinct "case") filter (again),
    count(*) filter (previous = activity),
    coalesce(sum(elapsed) filter (again), 0), coalesce(sum(processing) filter (again), 0)
from marked group by activity having count(*) filter (again) > 0
order by 2 desc, activity
"""
)
_TO_AND_FRO = (
    _AGAIN
    + """
select activity, previous, count(*), count(distinct "case") from marked
where before_previous = activity and previous <> activity
group by activity, previous order by 3 desc, activity, previous
"""
)
_OF_ALL = (
    _AGAIN
    + """
select count(*), count(*) filter (again), coalesce(sum(elapsed), 0),
    coalesce(sum(elapsed) filter (again), 0) from marked
"""
)
_CASES = _AGAIN + """select distinct "case" from marked where again order by "case" """


def rework(steps: Steps) -> dict[str, Any]:
    """How much is done again, by activity, and the loops of two activities (A, B, A).

    An event is a repetition if its activity was done before in the same case; it is a self-loop
    if that was the event right before. ``hours`` is the time from the completion before each
    repetition to its own: every hour of a case belongs to one event, so none counts twice.
    """
    events, again, hours, lost = steps.rows(_OF_ALL)[0]
    (cases,) = steps.columns(_CASES).values()
    touched = np.zeros(len(steps), bool)
    touched[cases] = True
    return {
        "cases": int(touched.sum()),
        "share_of_cases": shown(float(touched.mean())),
        "repetitions": again,
        "share_of_events": shown(again / events),
        "hours": shown(lost),
        "share_of_hours": shown(lost / hours) if hours else 0.0,
        "median_hours_with": _median(steps.hours[touched]),
        "median_hours_without": _median(steps.hours[~touched]),
        "activities": [_activity(steps, row) for row in steps.rows(_BY_ACTIVITY)],
        "loops": [
            {
                "activity": steps.activities[activity],
                "through": steps.activities[through],
                "count": count,
                "cases": cases,
            }
            for activity, through, count, cases in steps.rows(_TO_AND_FRO)
        ],
    }


def _activity(steps: Steps, row: tuple[Any, ...]) -> dict[str, Any]:
    activity, again, cases, at_once, hours, processing = row
    found = {
        "activity": steps.activities[activity],
        "repetitions": again,
        "cases": cases,
        "self_loops": at_once,
        "hours": shown(hours),
    }
    return found | ({"processing_hours": shown(processing)} if steps.has_starts else {})


def _median(hours: np.ndarray) -> float | None:
    return shown(float(np.median(hours))) if len(hours) else None
