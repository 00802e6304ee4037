"""The directly-follows graph: which activity comes next, how often, and after how long."""

from __future__ import annotations

from typing import Any

from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

_GRAPH = """
select previous, activity, count(*), count(distinct "case"),
    median({cost}), avg({cost}), quantile_cont({cost}, 0.9)
from steps where previous is not null
group by previous, activity order by count(*) desc, previous, activity
"""
_ENDS = """
select activity, count(*) from steps
where position = {place} group by activity order by count(*) desc, activity
"""
_LAST = """(select max(position) from steps as same where same."case" = steps."case")"""


def follows(steps: Steps) -> dict[str, Any]:
    """``edges``, the most frequent first, and in how many cases an activity comes first or last.

    The hours of an edge are ``measure``: waiting where the log tells starts, else elapsed.
    """
    name = steps.activities
    return {
        "measure": steps.cost,
        "edges": [
            {
                "from": name[one],
                "to": name[other],
                "count": count,
                "cases": cases,
                "median_hours": shown(middle),
                "mean_hours": shown(mean),
                "p90_hours": shown(late),
            }
            for one, other, count, cases, middle, mean, late in steps.rows(
                _GRAPH.format(cost=steps.cost)
            )
        ],
        "first": {name[code]: count for code, count in steps.rows(_ENDS.format(place=0))},
        "last": {name[code]: count for code, count in steps.rows(_ENDS.format(place=_LAST))},
    }
