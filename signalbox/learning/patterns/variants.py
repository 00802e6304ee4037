"""Variants: the different sequences of activities that cases have gone through."""

from __future__ import annotations

from typing import Any

from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

_QUERY = """
with cases as (
    select list(activity order by position) as path, (max(done) - min(done)) / 3.6e9 as hours
    from steps group by "case"
)
select path, count(*), median(hours), avg(hours), quantile_cont(hours, 0.9)
from cases group by path order by count(*) desc, path
"""


def variants(steps: Steps) -> list[dict[str, Any]]:
    """Every variant, the most frequent first (ties by the names of its activities).

    ``share`` is of all cases; hours run from the first to the last completion of a case.
    """
    return [
        {
            "activities": [steps.activities[code] for code in path],
            "count": count,
            "share": shown(count / len(steps)),
            "median_hours": shown(middle),
            "mean_hours": shown(mean),
            "p90_hours": shown(late),
        }
        for path, count, middle, mean, late in steps.rows(_QUERY)
    ]
