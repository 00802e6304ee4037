"""What is watched for change: frequencies and times of activities and paths, case by case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalbox.learning.patterns.steps import Steps

FEWEST = 30
_PRESENT = {
    "activity": 'select distinct activity as part, "case" from steps order by part, "case"',
    "path": """
        select distinct previous * {width} + activity as part, "case" from steps
        where previous is not null order by part, "case"
    """,
}
_TIMES = """
select {group} as part, "case", {cost}::double as hours from steps
where {cost} is not null order by part, "case", position
"""


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity in order of cases: ``value`` [n] belongs to ``case`` [n], rising numbers.

    A frequency has a value, 0 or 1, for every case. ``name`` are the keys that say what it is.
    """

    name: dict[str, Any]
    case: np.ndarray
    value: np.ndarray

    @property
    def is_frequency(self) -> bool:
        """Whether the level is a share of the cases, and not a median of hours."""
        return bool(self.name["what"] == "frequency")


def watched(steps: Steps) -> list[Series]:
    """Every frequency and every time of which there is enough to compare.

    Frequencies of activities and paths that at least ``FEWEST`` cases have and as many have not;
    times (waiting, processing or elapsed, and that of a case as a whole) with as many values.
    """
    n, width = len(steps), len(steps.activities)
    found = []
    for of, query in _PRESENT.items():
        for part, at in _parts(steps.columns(query.format(width=width))):
            if FEWEST <= len(at["case"]) <= n - FEWEST:
                has = np.zeros(n)
                has[at["case"]] = 1.0
                name = {"what": "frequency", **_named(steps, of, part)}
                found.append(Series(name, np.arange(n), has))
    times = [("path", f"previous * {width} + activity", steps.cost)]
    if steps.has_starts:
        times.append(("activity", "activity", "processing"))
    for of, group, cost in times:
        for part, at in _parts(steps.columns(_TIMES.format(group=group, cost=cost))):
            if len(at["case"]) >= FEWEST and np.ptp(at["hours"]):
                name = {"what": cost, **_named(steps, of, part)}
                found.append(Series(name, at["case"], at["hours"]))
    if n >= FEWEST and np.ptp(steps.hours):
        found.append(Series({"what": "case_duration"}, np.arange(n), steps.hours))
    return found


def _parts(columns: dict[str, np.ndarray]) -> list[tuple[int, dict[str, np.ndarray]]]:
    codes, begins = np.unique(columns["part"], return_index=True)
    ends = [*begins[1:], len(columns["part"])]
    return [
        (int(code), {key: values[begin:end] for key, values in columns.items()})
        for code, begin, end in zip(codes, begins, ends, strict=True)
    ]


def _named(steps: Steps, of: str, part: int) -> dict[str, str]:
    if of == "activity":
        return {"activity": steps.activities[part]}
    one, other = divmod(part, len(steps.activities))
    return {"from": steps.activities[one], "to": steps.activities[other]}
