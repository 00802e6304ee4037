"""Made-up processes for the tests: small, and sound by construction."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalbox.learning.allocation.policy import Policy
from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.simulation.details import Details
from signalbox.simulation.fields import BadScenario, Fields
from signalbox.simulation.mined import read_mined
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.routes import Routes

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def desk() -> dict[str, Any]:
    """A mined form with three people, two activities, a loop and short nights."""
    return {
        "name": "desk",
        "interarrival_rate_multiplier": 1.5,
        "mean_interarrival_time": 0.75,
        "time_unit": "hours",
        "task_types": ["sort", "check"],
        "resources": ["ann", "bob", "cy"],
        "resource_weights": [3.0, 2.0, 1.0],
        "schedule": [2 if 8 <= hour % 24 < 18 else 1 for hour in range(168)],
        "initial": [["sort", 1.0]],
        "next": {
            "sort": [["check", 0.6], [None, 0.4]],
            "check": [["sort", 0.1], [None, 0.9]],
        },
        "pools": {"sort": ["ann", "bob", "cy"], "check": ["ann", "cy"]},
        "processing": {
            "sort": {"ann": [0.2, 0.2], "bob": [0.3, 0.3], "cy": [0.9, 0.9]},
            "check": {"ann": [0.4, 0.4], "cy": [1.5, 1.5]},
        },
    }


def fork() -> dict[str, Any]:
    """An archetype form in which two branches run at once and are joined."""
    return {
        "arrival_rate": 0.5,
        "task_types": ["start", "a", "b", "end"],
        "resources": ["r1", "r2"],
        "resource_pools": {"r1": {"a": 1.0, "b": 1.2}, "r2": {"a": 1.1, "b": 0.9}},
        "process_structure": {
            "start": {"inputs": [], "outputs": {"a,b": 1}},
            "a": {"inputs": ["start"], "outputs": {"end": 1}},
            "b": {"inputs": ["start"], "outputs": {"end": 1}},
            "end": {"inputs": ["a,b"], "outputs": {}},
        },
    }


def written(folder: Path, value: object, name: str = "scenario.json") -> Path:
    """A scenario file of ``value``."""
    path = folder / name
    path.write_text(json.dumps(value), "utf-8")
    return path


def assert_refused(path: Path, place: str, fix: str) -> None:
    """The scenario file is refused, with its own name, the place of the mistake and the fix."""
    with pytest.raises(BadScenario) as caught:
        read_processes(path)
    assert str(path) in caught.value.message
    assert place in caught.value.message
    assert fix in caught.value.hint


def drawn(seed: int) -> Process:
    """A random process of the mined form: any pools, speeds, routes and schedule."""
    random = np.random.default_rng(seed)
    kinds, people = int(random.integers(1, 4)), int(random.integers(2, 6))
    names = [f"a{i}" for i in range(kinds)]
    staff = [f"p{i}" for i in range(people)]
    pools = {}
    for name in names:
        size = int(random.integers(1, people + 1))
        pools[name] = sorted(str(p) for p in random.choice(staff, size, replace=False))
    following: dict[str, list[list[Any]]] = {}
    for i, name in enumerate(names):
        # Onwards, or back to the start with a small probability: always an end in sight.
        onward = names[i + 1] if i + 1 < kinds else None
        following[name] = [[onward, 0.8], [None, 0.1], [names[0], 0.1]]
    schedule = random.integers(1, people + 1, 168).tolist()
    value = {
        "mean_interarrival_time": float(random.uniform(0.5, 3)),
        "task_types": names,
        "resources": staff,
        "resource_weights": random.uniform(0.1, 5, people).tolist(),
        "schedule": schedule,
        "initial": [[names[0], 1.0]],
        "next": following,
        "pools": pools,
        "processing": {
            name: {p: [float(random.uniform(0.05, 1.0)), 1.0] for p in pool}
            for name, pool in pools.items()
        },
    }
    return read_mined(Fields("drawn", "", value), f"drawn-{seed}")


OFFICE = np.array([9 <= hour % 24 < 17 and hour < 120 for hour in range(168)])


def office(**details: Any) -> Process:
    """A made-up real process: office hours, a loop, two classes, cases that come in the day."""
    rates = np.where(OFFICE, 1.0, 0.0)
    routes = Routes(5, 2)
    take, check, deep, mend, again = (routes.group(place) for place in range(5))
    routes.add(0, 1.0, (check,))
    routes.add(1, 0.7, ())
    routes.add(1, 0.3, (mend,))
    routes.add(2, 1.0, (mend,))
    routes.add(3, 1.0, (again,))
    routes.add(4, 1.0, ())
    routes.add(5, 1.0, (take,))
    routes.add(6, 1.0, (deep,))
    hours = np.array([[0.3, 0.4, np.inf], [0.5, np.inf, 0.6], [np.inf, 1.0, 1.5]])
    told: dict[str, Any] = {
        "rates": rates,
        "calendars": np.tile(OFFICE, (3, 1)),
        "services": np.tile([0.5, 1.0, 1.5], (3, 1)),
        "classes": ("plain", "hard"),
        "shares": np.array([0.75, 0.25]),
        "priorities": np.zeros(2),
        "deadlines": np.array([np.inf, 24.0]),
        "most_steps": 200,
    }
    return Process(
        name="office",
        activities=("take", "check", "mend"),
        resources=("ann", "bob", "cy"),
        means=hours,
        instant=np.zeros(3, bool),
        schedule=np.zeros(0, np.int64),
        weights=np.ones(3),
        interarrival=168 / rates.sum(),
        routing=routes.routing(np.array([0, 1, 1, 2, 1])),
        details=Details(**(told | details)),
    )


def as_log(process: Process, cases: int, seed: int = 1, *, starts: bool = True) -> EventLog:
    """The log an episode of ``process`` leaves behind; its first Monday is the 5th of January."""
    from signalbox.simulation.tasks import simulated_tasks

    tasks = simulated_tasks(process, Policy("fifo"), seed, cases)
    found: dict[int, list[Event]] = {}
    for case, j, r, begun, ended in zip(
        tasks.case, tasks.activity, tasks.resource, tasks.begun, tasks.ended, strict=True
    ):
        event = Event(
            process.activities[j],
            MONDAY + timedelta(hours=float(ended)),
            MONDAY + timedelta(hours=float(begun)) if starts else None,
            process.resources[r] if r >= 0 else "",
        )
        found.setdefault(int(case), []).append(event)
    traces = [
        Trace(str(case), sorted(events, key=lambda event: event.time))
        for case, events in found.items()
    ]
    return EventLog(sorted(traces, key=lambda trace: trace.began))


def delayed_by(quantiles: list[float], group: int) -> dict[str, Any]:
    """Details of an office in which the tasks behind ``group`` have a delay."""
    return {
        "delays": np.array([quantiles]),
        "delay_until": np.array([np.inf]),
        "delay_of": np.where(np.arange(5) == group, 0, -1),
    }
