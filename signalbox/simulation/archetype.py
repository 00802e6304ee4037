"""Small designed processes: a graph with parallel branches, everybody always there."""

from __future__ import annotations

from typing import Any

import numpy as np

from signalbox.simulation.fields import Fields
from signalbox.simulation.process import Process
from signalbox.simulation.routes import Routes

MARKS = frozenset({"arrival_rate", "resource_pools", "process_structure"})
_ROUNDING = 1e-3


def read_archetype(fields: Fields, name: str) -> Process:
    """The process of one JSON object of the archetype form.

    ``"a,b"`` among the outputs sends a case along both branches at once; among the inputs it waits
    for both. The first and last activities of the graph take no time and nobody.

    Raises:
        BadScenario: a field is missing, of the wrong type, out of range or names what is not
            declared; the message names it.
    """
    activities, resources = fields.names("task_types"), fields.names("resources")
    means = _means(fields, activities, resources)
    graph = fields.within("process_structure")
    nodes = [graph.within(activity) for activity in activities]
    inputs = [_inputs(node) for node in nodes]
    instant = ~np.isfinite(means).any(axis=1)
    for activity, node, before, timeless in zip(activities, nodes, inputs, instant, strict=True):
        if timeless and before and node.get("outputs", "give {} at the end"):
            raise fields.refuse(
                "resource_pools", f"nobody can do {activity!r}", "add it to a resource's pool"
            )
    routes = _routes(nodes, inputs, activities)
    return Process(
        name=name,
        activities=activities,
        resources=resources,
        means=means,
        instant=instant,
        schedule=np.zeros(0, np.int64),
        weights=np.ones(len(resources)),
        interarrival=1 / fields.number("arrival_rate", above=0),
        routing=routes.routing(),
    )


def _means(fields: Fields, activities: tuple[str, ...], resources: tuple[str, ...]) -> np.ndarray:
    position = {name: i for i, name in enumerate(activities)}
    pools = fields.within("resource_pools")
    for name in pools.values:
        pools.known(name, name, {r: i for i, r in enumerate(resources)})
    means = np.full((len(activities), len(resources)), np.inf)
    for r, name in enumerate(resources):
        pool = pools.within(name)
        for activity in pool.values:
            means[pool.known(activity, activity, position), r] = pool.number(activity, above=0)
    return means


def _inputs(node: Fields) -> list[tuple[str, ...]]:
    fix = 'give a list of activities; "a,b" waits for both'
    value = node.get("inputs", fix)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise node.refuse("inputs", "is no list of names", fix)
    return [_together(item) for item in value]


def _together(item: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in item.split(","))


def _routes(
    nodes: list[Fields], inputs: list[list[tuple[str, ...]]], activities: tuple[str, ...]
) -> Routes:
    position = {name: i for i, name in enumerate(activities)}
    routes = Routes(len(activities))
    edge: dict[tuple[int, int], int] = {}
    starts = []
    for j, (node, groups) in enumerate(zip(nodes, inputs, strict=True)):
        if not groups:
            starts.append(j)
        for group in groups:
            number = routes.group(j, len(group))
            for name in group:
                if edge.setdefault((node.known("inputs", name, position), j), number) != number:
                    raise node.refuse("inputs", f"{name!r} comes in twice", "name it once")
    if len(starts) != 1:
        raise nodes[0].refuse("inputs", f"{len(starts)} activities start a case", "leave one empty")
    for j, node in enumerate(nodes):
        for out, probability in _outputs(node):
            edges = []
            for name in _together(out) if out else ():
                target = node.known("outputs", name, position)
                if (j, target) not in edge:
                    fix = f"list {activities[j]!r} among the inputs of {name!r}"
                    raise node.refuse("outputs", f"{name!r} does not expect it", fix)
                edges.append(edge[(j, target)])
            routes.add(j, probability, tuple(edges))
    routes.add(len(activities), 1.0, (routes.group(starts[0]),))
    return routes


def _outputs(node: Fields) -> list[tuple[str, float]]:
    fix = 'give {"activity": probability, ...} with a sum of 1, or {} at the end'
    value: Any = node.get("outputs", fix)
    if not isinstance(value, dict):
        raise node.refuse("outputs", "is no object", fix)
    if not value:
        return [("", 1.0)]
    chosen = [(out, node.checked("outputs", share, None)) for out, share in value.items()]
    total = sum(share for _, share in chosen)
    if abs(total - 1) > _ROUNDING:
        raise node.refuse("outputs", f"probabilities have a sum of {total:.4g}", fix)
    return [(out, share) for out, share in chosen if share > 0]
