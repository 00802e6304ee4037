"""Writing a fitted twin: a JSON file, whole or not at all, that can be changed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.simulation.process import Process
from signalbox.simulation.twin_form import DAYS, FORM, VERSION

_DIGITS = 7


def write_twin(process: Process, path: Path, about: Mapping[str, Any]) -> None:
    """Write ``process`` so that a crash leaves the old file or the new one, never half of one.

    ``about`` is kept for people: what it was fitted to. Nothing of it is read back.
    """
    draft = path.with_name(path.name + ".new")
    value = {**as_value(process), "about": dict(about)}
    draft.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1), "utf-8")
    draft.replace(path)


def as_value(process: Process) -> dict[str, Any]:
    """The JSON value of ``process``; numbers keep seven digits."""
    details, routing = process.details, process.routing
    places = routing.activity_of(len(process.activities))
    automatic = details.automatic if len(details.automatic) else process.instant
    activities = [
        {
            "name": name,
            "instant": bool(process.instant[j]),
            "automatic": bool(automatic[j]),
            "service": _list(details.services[j]) if len(details.services) else None,
        }
        for j, name in enumerate(process.activities)
    ]
    resources = [
        {
            "name": name,
            "cost_per_hour": _short(details.costs[r]) if len(details.costs) else None,
            "weight": _short(process.weights[r]),
            "hours": _week(details.calendars[r]) if len(details.calendars) else None,
            "means": {
                process.activities[j]: _short(process.means[j, r])
                for j in np.flatnonzero(np.isfinite(process.means[:, r]))
            },
        }
        for r, name in enumerate(process.resources)
    ]
    classes = [
        {
            "name": name,
            "share": _short(details.shares[c]),
            "priority": _short(details.priorities[c]),
            "deadline_hours": (
                _short(details.deadlines[c]) if np.isfinite(details.deadlines[c]) else None
            ),
            "start": _ways(process, len(places) + c),
        }
        for c, name in enumerate(details.classes)
    ]
    delayed = details.delay_of if len(details.delay_of) else np.full(len(routing.target), -1)
    return {
        "form": FORM,
        "version": VERSION,
        "name": process.name,
        "interarrival_hours": _short(process.interarrival),
        "arrival_rates": _list(details.rates) if len(details.rates) else None,
        "arrival_gaps": _list(details.gaps) if len(details.gaps) else None,
        "schedule": process.schedule.tolist() if len(process.schedule) else None,
        "most_steps": details.most_steps,
        "wait_for_all": not routing.lenient,
        "activities": activities,
        "resources": resources,
        "classes": classes,
        "places": [
            {"activity": process.activities[j], "next": _ways(process, p)}
            for p, j in enumerate(places)
        ],
        "groups": [
            {
                "place": int(place),
                "need": int(need),
                "delay": int(row) if row >= 0 else None,
            }
            for place, need, row in zip(routing.target, routing.need, delayed, strict=True)
        ],
        "delay_clock": _list(details.delay_clock) if len(details.delay_clock) else None,
        "delays": [
            {
                "until_age_hours": _short(until) if np.isfinite(until) else None,
                "quantiles": _list(row),
            }
            for until, row in zip(details.delay_until, details.delays, strict=True)
        ],
    }


def _short(value: float) -> float:
    return float(f"{float(value):.{_DIGITS}g}")


def _list(values: np.ndarray) -> list[float]:
    return [_short(value) for value in values]


def _week(calendar: np.ndarray) -> dict[str, str]:
    days = calendar.reshape(7, 24)
    return {
        day: "".join("x" if on else "." for on in hours)
        for day, hours in zip(DAYS, days, strict=True)
    }


def _ways(process: Process, source: int) -> list[list[Any]]:
    routing, found, previous = process.routing, [], 0.0
    for a in range(routing.first[source], routing.first[source + 1]):
        edges = routing.edges[routing.begin[a] : routing.begin[a + 1]]
        found.append([_short(routing.cumulative[a] - previous), [int(g) for g in edges]])
        previous = float(routing.cumulative[a])
    return found
