"""A template as a graph of numbered nodes and flows, and what a look at the graph alone shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guardrails.soundness.finding import Code, Finding, listed
from signalbox.domain.template import END, START, Activity, GatewayKind, Template

START_NODE, END_NODE = 0, 1


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes are numbered: start, end, the activities, the gateways; flows as in the template."""

    names: tuple[str, ...]
    steps: dict[int, Activity]
    parallel: frozenset[int]
    source: tuple[int, ...]
    target: tuple[int, ...]
    at_most: tuple[int | None, ...]
    ins: tuple[list[int], ...]
    outs: tuple[list[int], ...]

    def named(self, nodes: Iterable[int]) -> tuple[str, ...]:
        """The ids of activities and gateways among ``nodes``, in the order of the template."""
        return tuple(self.names[node] for node in sorted(nodes) if node > END_NODE)


def graph_of(template: Template) -> Graph:
    """The graph of a template."""
    names = (START, END, *template.node_ids)
    number = {name: node for node, name in enumerate(names)}
    source = tuple([number[flow.source] for flow in template.flows])
    target = tuple([number[flow.target] for flow in template.flows])
    ins: tuple[list[int], ...] = tuple([[] for _ in names])
    outs: tuple[list[int], ...] = tuple([[] for _ in names])
    for flow, (begin, end) in enumerate(zip(source, target, strict=True)):
        outs[begin].append(flow)
        ins[end].append(flow)
    return Graph(
        names=names,
        steps={number[step.id]: step for step in template.activities},
        parallel=frozenset(
            number[gateway.id]
            for gateway in template.gateways
            if gateway.kind is GatewayKind.PARALLEL
        ),
        source=source,
        target=target,
        at_most=tuple([flow.at_most for flow in template.flows]),
        ins=ins,
        outs=outs,
    )


def arity_findings(graph: Graph) -> list[Finding]:
    """Where it is not clear by which flow a token comes or goes."""
    found = []
    for node, name in enumerate(graph.names):
        n_in, n_out = len(graph.ins[node]), len(graph.outs[node])
        if node == START_NODE:
            problem = "" if n_out == 1 else f"{n_out} flows leave the start"
        elif node == END_NODE:
            problem = "" if n_in else "no flow leads to the end"
        elif not n_in or not n_out:
            problem = f"no flow leads {'out of' if n_in else 'to'} '{name}'"
        elif node in graph.steps and (n_in > 1 or n_out > 1):
            problem = f"{n_in} flows lead to the activity '{name}' and {n_out} out of it"
        else:
            continue
        if problem:
            fix = "join or split flows by a gateway; start and activities have one flow on a side"
            found.append(Finding(code=Code.ARITY, ids=(name,), message=problem, fix=fix))
    return found


def shape_findings(graph: Graph) -> list[Finding]:
    """What is unsound whatever the gateways do. Without any of these every token can move on."""
    found = []
    nodes = range(len(graph.names))
    unreached = set(nodes) - reached(graph, [START_NODE])
    if unreached:
        ids = graph.named(unreached)
        found.append(
            Finding(
                code=Code.UNREACHABLE,
                ids=ids,
                message=f"no flow leads from the start to {listed(ids)}",
                fix="add a flow to it, or take it out",
            )
        )
    trapped = set(nodes) - _can_end(graph)
    if trapped:
        ids = graph.named(trapped)
        found.append(
            Finding(
                code=Code.NO_WAY_OUT,
                ids=ids,
                message=f"from {listed(ids)} the end cannot be reached without a bounded flow",
                fix="add a flow without at_most that leads to the end",
            )
        )
    cycle = _unbounded_cycle(graph)
    if cycle:
        ids = graph.named(cycle)
        found.append(
            Finding(
                code=Code.UNBOUNDED_LOOP,
                ids=ids,
                message=f"the loop through {listed(ids)} has no bound",
                fix="give the flow that leads back at_most",
            )
        )
    return found


def reached(graph: Graph, nodes: Iterable[int], closed: frozenset[int] = frozenset()) -> set[int]:
    """Every node that flows other than ``closed`` lead to from ``nodes``, these included."""
    seen = set(nodes)
    stack = list(seen)
    while stack:
        for flow in graph.outs[stack.pop()]:
            node = graph.target[flow]
            if node not in seen and flow not in closed:
                seen.add(node)
                stack.append(node)
    return seen


def _can_end(graph: Graph) -> set[int]:
    seen = {END_NODE}
    stack = [END_NODE]
    while stack:
        for flow in graph.ins[stack.pop()]:
            node = graph.source[flow]
            if graph.at_most[flow] is None and node not in seen:
                seen.add(node)
                stack.append(node)
    return seen


def _unbounded_cycle(graph: Graph) -> set[int]:
    """The nodes on cycles of unbounded flows, and between such cycles; empty if there are none."""
    left = set(range(len(graph.names)))
    for near, far, ends in (
        (graph.ins, graph.outs, graph.target),
        (graph.outs, graph.ins, graph.source),
    ):
        waiting = {node: sum(graph.at_most[flow] is None for flow in near[node]) for node in left}
        free = [node for node, count in waiting.items() if not count]
        while free:
            node = free.pop()
            left.discard(node)
            for flow in far[node]:
                if graph.at_most[flow] is None and ends[flow] in left:
                    waiting[ends[flow]] -= 1
                    if not waiting[ends[flow]]:
                        free.append(ends[flow])
    return left
