"""Contrasts: what the slowest quarter of the cases has more or less often than the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import false_discovery_control, hypergeom

from signalbox.learning.logs.log import EventLog
from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps

SLOWEST = 0.25
LEVEL = 0.05
FEWEST = 5
_SQL = {
    "activity": 'select distinct activity, null, "case" from steps',
    "repeated": 'select activity, null, "case" from steps group by activity, "case" '
    "having count(*) > 1",
    "path": 'select distinct previous, activity, "case" from steps where previous is not null',
    "resource": 'select distinct resource, null, "case" from steps where resource is not null',
}


def contrasts(steps: Steps, log: EventLog) -> dict[str, Any]:
    """Traits over- or under-represented among the slowest quarter, the most certain first.

    Traits are activities done, activities repeated, pairs of activities in a row, resources taking
    part, and values of the attributes that were read, of at least five cases and not of all but
    five. Slow is longer than the third quartile. Fisher's exact test, two-sided, with the false
    discovery rate held at 5 % under any dependence between traits (Benjamini and Yekutieli 2001).
    """
    limit = float(np.quantile(steps.hours, 1 - SLOWEST))
    slow = steps.hours > limit
    n, n_slow = len(slow), int(slow.sum())
    base = {"slow_cases": n_slow, "slower_than_hours": shown(limit), "level": LEVEL}
    having = {
        trait: cases
        for trait, cases in _traits(steps, log).items()
        if FEWEST <= len(cases) <= n - FEWEST
    }
    if not n_slow or not having:
        return {**base, "tested": 0, "found": []}
    count = np.array([len(cases) for cases in having.values()])
    among = np.array([int(slow[cases].sum()) for cases in having.values()])
    # Of `count` cases drawn from n, how likely are so many slow ones, or so few?
    more, fewer = hypergeom.sf(among - 1, n, n_slow, count), hypergeom.cdf(among, n, n_slow, count)
    p = false_discovery_control(np.minimum(1.0, 2 * np.minimum(more, fewer)), method="by")
    found = []
    for at, (trait, cases) in enumerate(having.items()):
        if p[at] > LEVEL:
            continue
        in_slow, in_others = among[at] / n_slow, (count[at] - among[at]) / (n - n_slow)
        having_it = np.zeros(n, bool)
        having_it[cases] = True
        found.append(
            {
                **_named(steps, trait),
                "share_of_slow": shown(float(in_slow)),
                "share_of_others": shown(float(in_others)),
                "median_hours_with": shown(float(np.median(steps.hours[having_it]))),
                "median_hours_without": shown(float(np.median(steps.hours[~having_it]))),
                "cases": int(count[at]),
                "p_adjusted": shown(float(p[at])),
                "slow": bool(in_slow > in_others),
            }
        )
    # Among p-values too small to tell apart the greater difference comes first.
    found.sort(key=lambda t: (t["p_adjusted"], -abs(t["share_of_slow"] - t["share_of_others"])))
    return {**base, "tested": len(having), "found": found}


Trait = tuple[str, Any, Any]


def _traits(steps: Steps, log: EventLog) -> dict[Trait, np.ndarray]:
    """The cases that have each trait, as numbers."""
    cases: dict[Trait, list[int]] = {}
    for kind, query in _SQL.items():
        for one, other, case in steps.rows(query):
            cases.setdefault((kind, one, other), []).append(case)
    for number, trace in enumerate(log.traces):
        values = {item for event in trace.events for item in event.attributes.items()}
        for name, value in values:
            cases.setdefault(("attribute", name, value), []).append(number)
    return {trait: np.array(cases[trait]) for trait in sorted(cases, key=_order)}


def _order(trait: Trait) -> tuple[str, str, str]:
    return trait[0], str(trait[1]), str(trait[2])


def _named(steps: Steps, trait: Trait) -> dict[str, Any]:
    kind, one, other = trait
    if kind == "attribute":
        return {"trait": kind, "attribute": one, "value": other}
    if kind == "resource":
        return {"trait": kind, "resource": steps.resources[int(one)]}
    if kind == "path":
        return {"trait": kind, "from": steps.activities[one], "to": steps.activities[other]}
    return {"trait": kind, "activity": steps.activities[one]}
