"""Made-up processes for the tests: small, and sound by construction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.simulation.fields import Fields
from signalbox.simulation.mined import read_mined
from signalbox.simulation.process import Process


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
