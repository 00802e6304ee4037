"""Handovers: work that goes from one resource to another, and comes back."""

from __future__ import annotations

from typing import Any

from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

_KNOWN = "giver is not null and resource is not null"
_OF_ALL = """
select count(*) filter ({known}), count(*) filter (giver <> resource),
    count(distinct "case") filter (giver <> resource),
    median({cost}) filter (giver <> resource), median({cost}) filter (giver = resource)
from steps
"""
_PAIRS = """
select giver, resource, count(*), count(distinct "case"), median({cost}), sum({cost})
from steps where giver <> resource
group by giver, resource order by count(*) desc, giver, resource
"""
# The events of one resource in a row are one turn, so that A A B A is one return.
_TURNS = """
with known as (
    select "case", position, resource, lag(resource) over following as other
    from steps where resource is not null
    window following as (partition by "case" order by position)
), turns as (
    select "case", resource, other,
        lag(other) over (partition by "case" order by position) as earlier
    from known where other is distinct from resource
)
select least(resource, other), greatest(resource, other), count(*), count(distinct "case")
from turns where earlier = resource
group by 1, 2 order by 3 desc, 1, 2
"""


def handovers(steps: Steps) -> dict[str, Any] | None:
    """Who gives work to whom and how often it comes back; None where no resource is known.

    Only pairs of events in a row of which both resources are known count. ``ping_pong`` are the
    returns A, B, A, counted for the two together, events of unknown resources passed over. Hours
    are waiting, or elapsed where the log has no starts.
    """
    if not steps.resources:
        return None
    cost, name = steps.cost, steps.resources
    known, given, cases, other, same = steps.rows(_OF_ALL.format(known=_KNOWN, cost=cost))[0]
    return {
        "measure": cost,
        "count": given,
        "share_of_steps": shown(given / known) if known else None,
        "cases": cases,
        "median_hours_handed_over": shown(other),
        "median_hours_kept": shown(same),
        "pairs": [
            {
                "from": name[int(giver)],
                "to": name[int(taker)],
                "count": count,
                "cases": n_cases,
                "median_hours": shown(middle),
                "total_hours": shown(total),
            }
            for giver, taker, count, n_cases, middle, total in steps.rows(_PAIRS.format(cost=cost))
        ],
        "ping_pong": [
            {"between": [name[int(one)], name[int(two)]], "count": count, "cases": n_cases}
            for one, two, count, n_cases in steps.rows(_TURNS)
        ],
    }
