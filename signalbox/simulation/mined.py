"""Processes mined from an event log: exclusive routes, a weekly schedule, a mean for each pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from signalbox.simulation.fields import Fields
from signalbox.simulation.process import HOURS, Process
from signalbox.simulation.routes import Routes

MARKS = frozenset({"task_types", "next", "processing", "schedule"})
_HOURS_IN = {"hours": 1.0, "minutes": 1 / 60, "seconds": 1 / 3600, "days": 24.0}
_ROUNDING = 1e-3


def read_mined(fields: Fields, name: str) -> Process:
    """The process of one JSON object of the mined form.

    Raises:
        BadScenario: a field is missing, of the wrong type, out of range or names what is not
            declared; the message names it.
    """
    activities, resources = fields.names("task_types"), fields.names("resources")
    unit = fields.values.get("time_unit", "hours")
    if unit not in _HOURS_IN:
        raise fields.refuse(
            "time_unit", f"{unit!r} is unknown", f"use one of: {', '.join(_HOURS_IN)}"
        )
    factor = _HOURS_IN[unit]
    rate = (
        fields.number("interarrival_rate_multiplier", above=0)
        if ("interarrival_rate_multiplier" in fields.values)
        else 1.0
    )
    weights = _numbers(fields, "resource_weights", len(resources))
    return Process(
        name=name,
        activities=activities,
        resources=resources,
        means=_means(fields, activities, resources) * factor,
        instant=np.zeros(len(activities), bool),
        schedule=_schedule(fields),
        weights=weights,
        interarrival=fields.number("mean_interarrival_time", above=0) * factor / rate,
        routing=_routes(fields, activities).routing(),
    )


def _numbers(fields: Fields, field: str, length: int) -> np.ndarray:
    value = fields.get(field, f"give a list of {length} numbers")
    if not isinstance(value, list) or len(value) != length:
        raise fields.refuse(field, f"is no list of {length} numbers", f"give {length} numbers")
    return np.array([fields.checked(f"{field}[{i}]", v, None) for i, v in enumerate(value)], float)


def _schedule(fields: Fields) -> np.ndarray:
    staff = _numbers(fields, "schedule", HOURS)
    if (staff != np.floor(staff)).any():
        raise fields.refuse("schedule", "holds parts of people", "give whole numbers")
    if not staff.any():
        raise fields.refuse("schedule", "nobody is ever there", "give an hour with staff")
    return staff.astype(np.int64)


def _means(fields: Fields, activities: tuple[str, ...], resources: tuple[str, ...]) -> np.ndarray:
    position = {name: i for i, name in enumerate(resources)}
    pools, processing = fields.within("pools"), fields.within("processing")
    for part in (pools, processing):
        for name in part.values:
            part.known(name, name, {a: i for i, a in enumerate(activities)})
    means = np.full((len(activities), len(resources)), np.inf)
    for j, activity in enumerate(activities):
        times = processing.within(activity)
        for name in pools.names(activity):
            r = pools.known(activity, name, position)
            fix = "give [mean, deviation] for every member of its pool"
            pair = times.get(name, fix)
            if isinstance(pair, list) and pair:
                pair = pair[0]
            means[j, r] = times.checked(name, pair, 0.0)
    return means


def _routes(fields: Fields, activities: tuple[str, ...]) -> Routes:
    position = {name: i for i, name in enumerate(activities)}
    routes = Routes(len(activities))
    groups = [routes.group(j) for j in range(len(activities))]
    following = fields.within("next")
    for name in following.values:
        following.known(name, name, position)
    start = fields.get("initial", "give [[activity, probability], ...]")
    listed = [(fields, "initial", len(activities), start)]
    listed += [
        (following, name, j, following.get(name, "give [[activity or null, probability], ...]"))
        for j, name in enumerate(activities)
    ]
    for place, field, source, pairs in listed:
        for target, probability in _choices(place, field, pairs):
            if target is None and field == "initial" and place is fields:
                raise place.refuse(field, "starts with null", "name an activity")
            edges = () if target is None else (groups[place.known(field, target, position)],)
            routes.add(source, probability, edges)
    return routes


def _choices(fields: Fields, field: str, pairs: Any) -> list[tuple[str | None, float]]:
    fix = "give [[activity or null, probability], ...] with a sum of 1"
    if not isinstance(pairs, list) or not pairs:
        raise fields.refuse(field, "is no list of choices", fix)
    chosen = []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise fields.refuse(field, f"{pair!r} is no choice", fix)
        chosen.append((pair[0], fields.checked(field, pair[1], None)))
    total = sum(probability for _, probability in chosen)
    if abs(total - 1) > _ROUNDING:
        raise fields.refuse(field, f"probabilities have a sum of {total:.4g}", fix)
    return [(target, probability) for target, probability in chosen if probability > 0]
