"""Reading a fitted twin out of a JSON file, strictly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from signalbox.simulation.details import Details, mean_of
from signalbox.simulation.fields import Fields
from signalbox.simulation.process import HOURS, Process
from signalbox.simulation.routes import Routes

FORM, VERSION = "signalbox twin", 1
MARKS = frozenset({"form", "activities", "resources", "places", "groups"})
_ROUNDING = 1e-3
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_twin(fields: Fields, name: str) -> Process:
    """The process of one JSON object of the twin form.

    Raises:
        BadScenario: a field is missing, of the wrong type, out of range or names what is not
            declared; the message names it.
    """
    if fields.get("form", f"give {FORM!r}") != FORM:
        raise fields.refuse("form", "is another form", f"give {FORM!r}")
    if fields.get("version", f"give {VERSION}") != VERSION:
        raise fields.refuse("version", "is one this release does not know", f"give {VERSION}")
    activities, resources = fields.each("activities"), fields.each("resources")
    classes, places, groups = (fields.each(f) for f in ("classes", "places", "groups"))
    names = _names(fields, "activities", activities)
    position = {activity: j for j, activity in enumerate(names)}
    calendars = _calendars(resources)
    schedule = fields.optional_numbers("schedule", HOURS)
    if len(schedule) and len(calendars):
        raise fields.refuse("schedule", "stands beside hours of resources", "give one of the two")
    if len(schedule) and ((schedule != np.floor(schedule)).any() or not schedule.any()):
        raise fields.refuse("schedule", "is no staff in whole people", "give whole numbers")
    routes = Routes(len(places), len(classes))
    for group in groups:
        place = group.whole("place", below=len(places))
        routes.group(place, group.whole("need", least=1, below=1 << 20))
    for source, (one, field) in enumerate(
        [*((p, "next") for p in places), *((c, "start") for c in classes)]
    ):
        for share, edges in _choices(one, field, len(groups)):
            routes.add(source, share, edges)
    delays, until = _delays(fields)
    services = _services(activities)
    details = Details(
        rates=_some(fields, "arrival_rates", fields.optional_numbers("arrival_rates", HOURS)),
        gaps=_unit(fields, "arrival_gaps", fields.optional_numbers("arrival_gaps")),
        calendars=calendars,
        services=services,
        delays=delays,
        delay_until=until,
        delay_clock=_clock(fields),
        delay_of=_delay_of(groups, len(delays)),
        classes=_names(fields, "classes", classes),
        shares=_scaled(fields, classes),
        priorities=np.array([c.number("priority", least=-1e6) for c in classes]),
        deadlines=np.array(
            [
                c.number("deadline_hours", above=0) if c.has("deadline_hours") else np.inf
                for c in classes
            ]
        ),
        costs=_costs(resources),
        automatic=np.array([a.truth("automatic") for a in activities]),
        most_steps=fields.whole("most_steps", below=1 << 40),
    )
    instant = np.array([a.truth("instant") for a in activities])
    means = _means(resources, position)
    for activity, j in position.items():
        if not instant[j] and not np.isfinite(means[j]).any():
            raise fields.refuse("resources", f"nobody can do {activity!r}", "give it to somebody")
    means[instant] = np.inf
    routing = routes.routing(
        np.array([p.known("activity", p.get("activity", "name one"), position) for p in places]),
        lenient=not fields.truth("wait_for_all"),
    )
    rate = float(details.rates.sum())
    process = Process(
        name=name,
        activities=names,
        resources=_names(fields, "resources", resources),
        means=means,
        instant=instant,
        schedule=schedule.astype(np.int64),
        weights=np.array([r.number("weight") for r in resources]),
        interarrival=HOURS / rate if rate else fields.number("interarrival_hours", above=0),
        routing=routing,
        details=details,
    )
    try:
        process.visits()
    except np.linalg.LinAlgError:
        fix = "give every loop a way to the end: [probability, []]"
        raise fields.refuse("places", "some cases would never end", fix) from None
    return process


def _names(fields: Fields, field: str, each: list[Fields]) -> tuple[str, ...]:
    named = {**fields.values, field: [one.get("name", "give a name") for one in each]}
    return Fields(fields.file, fields.place, named).names(field)


def _some(fields: Fields, field: str, values: np.ndarray) -> np.ndarray:
    if len(values) and not values.any():
        raise fields.refuse(field, "holds nothing above 0", "give an hour with arrivals, or null")
    return values


def _unit(fields: Fields, field: str, quantiles: np.ndarray) -> np.ndarray:
    if not len(quantiles):
        return quantiles
    mean = float(mean_of(quantiles))
    if (np.diff(quantiles) < 0).any() or mean <= 0:
        raise fields.refuse(field, "are no quantiles", "give ascending numbers, not all 0, or null")
    return quantiles / mean


def _services(activities: list[Fields]) -> np.ndarray:
    rows = [_unit(a, "service", a.optional_numbers("service")) for a in activities]
    if not any(len(row) for row in rows):
        return np.zeros((0, 0))
    length = max(len(row) for row in rows)
    for a, row in zip(activities, rows, strict=True):
        if len(row) != length:
            raise a.refuse("service", f"has {len(row)} numbers", f"give {length}, as elsewhere")
    return np.array(rows)


def _clock(fields: Fields) -> np.ndarray:
    pace = _some(fields, "delay_clock", fields.optional_numbers("delay_clock", HOURS))
    return pace / pace.mean() if len(pace) else pace


def _delays(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles [D, Q] and the age up to which each row is for, [D]."""
    if fields.get("delays", "give a list of objects, or []") == []:
        return np.zeros((0, 0)), np.zeros(0)
    each = fields.each("delays")
    rows = [one.optional_numbers("quantiles") for one in each]
    for one, row in zip(each, rows, strict=True):
        if len(row) != len(rows[0]) or not len(row) or (np.diff(row) < 0).any():
            fix = "give ascending numbers, as many in each"
            raise one.refuse("quantiles", "are no quantiles", fix)
    until = [
        one.number("until_age_hours", above=0) if one.has("until_age_hours") else np.inf
        for one in each
    ]
    if until[-1] != np.inf:
        raise each[-1].refuse("until_age_hours", "leaves older cases out", "make the last one null")
    return np.array(rows), np.array(until)


def _delay_of(groups: list[Fields], rows: int) -> np.ndarray:
    if not rows:
        return np.zeros(0, np.int64)
    found = [g.whole("delay", below=rows) if g.has("delay") else -1 for g in groups]
    return np.array(found, np.int64)


def _scaled(fields: Fields, classes: list[Fields]) -> np.ndarray:
    shares = np.array([c.number("share") for c in classes])
    if abs(shares.sum() - 1) > _ROUNDING:
        raise fields.refuse("classes", f"shares have a sum of {shares.sum():.4g}", "make it 1")
    return shares / shares.sum()


def _costs(resources: list[Fields]) -> np.ndarray:
    told = [r.has("cost_per_hour") for r in resources]
    if not any(told):
        return np.zeros(0)
    return np.array([r.number("cost_per_hour") for r in resources])


def _means(resources: list[Fields], position: Mapping[str, int]) -> np.ndarray:
    means = np.full((len(position), len(resources)), np.inf)
    for r, resource in enumerate(resources):
        told = resource.within("means")
        for activity in told.values:
            means[told.known(activity, activity, position), r] = told.number(activity, above=0)
    return means


def _calendars(resources: list[Fields]) -> np.ndarray:
    told = [r.has("hours") for r in resources]
    if not any(told):
        return np.zeros((0, 0), bool)
    rows = []
    fix = f'give {{"{DAYS[0]}": 24 letters, ...}}, x for an hour at work and . for one off'
    for resource in resources:
        week = resource.within("hours")
        days = [week.get(day, fix) for day in DAYS]
        for day, hours in zip(DAYS, days, strict=True):
            if not isinstance(hours, str) or len(hours) != 24 or set(hours) - {"x", "."}:
                raise week.refuse(day, "is no day of 24 hours", fix)
        if "x" not in "".join(days):
            raise resource.refuse("hours", "is never at work", "give an hour, or leave it out")
        rows.append([letter == "x" for day in days for letter in day])
    return np.array(rows, bool)


def _choices(fields: Fields, field: str, groups: int) -> list[tuple[float, tuple[int, ...]]]:
    fix = "give [[probability, [group, ...]], ...] with a sum of 1"
    ways = fields.get(field, fix)
    if not isinstance(ways, list) or not ways:
        raise fields.refuse(field, "is no list of choices", fix)
    found = []
    for way in ways:
        if not isinstance(way, list) or len(way) != 2 or not isinstance(way[1], list):
            raise fields.refuse(field, "holds what is no choice", fix)
        edges = way[1]
        if not all(type(g) is int and 0 <= g < groups for g in edges):
            raise fields.refuse(field, "names a group that is not there", f"use 0 to {groups - 1}")
        found.append((fields.checked(field, way[0], None), tuple(edges)))
    total = sum(share for share, _ in found)
    if abs(total - 1) > _ROUNDING:
        raise fields.refuse(field, f"probabilities have a sum of {total:.4g}", fix)
    return [way for way in found if way[0] > 0]
