"""The kernel of a plan: what is left of its graph once every block is folded into one edge.

Each rule keeps soundness and unsoundness alike (Murata 1989; Sadiq and Orlowska 2000), so what
holds of the kernel holds of the plan. A plan of nested blocks folds into the one edge from start
to end; what remains otherwise is for the token game.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from guardrails.soundness.blocks import EMPTY, Blocks
from guardrails.soundness.graph import END_NODE, START_NODE, Graph


class Edge(NamedTuple):
    """A token on it has ``block`` still to run, and then waits at ``target``."""

    source: int
    target: int
    block: int
    bounded: bool


@dataclass(frozen=True, slots=True)
class Kernel:
    """Edges between start, end and the gateways left; ``names`` are the ids of all nodes.

    ``whole``: one edge is left, and every activity is in it. Such a plan is sound.
    """

    edges: tuple[Edge, ...]
    parallel: frozenset[int]
    names: dict[int, str]
    blocks: Blocks
    whole: bool


def kernel_of(graph: Graph) -> Kernel:
    """Fold what can be folded of a graph whose activities have one flow on each side."""
    folding = _Folding(graph)
    folding.run()
    edges = tuple(folding.edges.values())
    whole = len(edges) == 1 and folding.n_steps == len(graph.steps)
    return Kernel(edges, frozenset(folding.parallel), folding.names, folding.blocks, whole)


class _Folding:
    def __init__(self, graph: Graph) -> None:
        self.blocks = Blocks()
        self.edges: dict[int, Edge] = {}
        self.n_steps = 0
        self.parallel = set(graph.parallel)
        self.names = dict(enumerate(graph.names))
        self.ins: dict[int, list[int]] = {START_NODE: [], END_NODE: []}
        self.outs: dict[int, list[int]] = {START_NODE: [], END_NODE: []}
        self._number = 0
        exits = {START_NODE: START_NODE}
        fresh = len(graph.names)
        for node in range(END_NODE + 1, fresh):
            if node in graph.steps:
                continue
            exits[node] = node
            self._open(node, graph.names[node], node in self.parallel)
            if len(graph.ins[node]) > 1 and len(graph.outs[node]) > 1:
                # It joins and splits: make two of it, since the rules are about one or the other.
                exits[node] = fresh
                self._open(fresh, graph.names[node], node in self.parallel)
                self._link(Edge(node, fresh, EMPTY, False))
                fresh += 1
        for node, exit_node in exits.items():
            chosen = node not in self.parallel and len(graph.outs[node]) > 1
            for flow in graph.outs[node]:
                self._follow(graph, flow, exit_node, chosen)

    def _follow(self, graph: Graph, flow: int, source: int, chosen: bool) -> None:
        """An edge for the flow and the activities in a row that it leads to."""
        blocks = self.blocks
        row = [blocks.leaf(choice=flow)] if chosen else []
        bounded = graph.at_most[flow] is not None
        node = graph.target[flow]
        while node in graph.steps:
            if not graph.steps[node].skipped:
                row.append(blocks.leaf(step=node))
            self.n_steps += 1
            node = graph.target[graph.outs[node][0]]
        self._link(Edge(source, node, blocks.sequence(*row), bounded))

    def run(self) -> None:
        work = list(self.outs)
        while work:
            node = work.pop()
            if node <= END_NODE or node not in self.outs:
                continue
            n_in, n_out = len(self.ins[node]), len(self.outs[node])
            if n_in == 1 and n_out == 1:
                work += self._series(node)
            elif n_in == 1:
                work += self._parallel_edges(node) or self._split_after_split(node)
            else:
                work += self._loop(node) or self._join_before_join(node)

    def _series(self, node: int) -> tuple[int, ...]:
        """A gateway with one way in and one way out does nothing."""
        number, onward = self.ins[node][0], self.outs[node][0]
        before, after = self.edges[number], self.edges[onward]
        if after.bounded or number == onward:
            return ()
        block = self.blocks.sequence(before.block, after.block)
        self.edges[number] = Edge(before.source, after.target, block, before.bounded)
        self.ins[after.target].append(number)
        self._unlink(onward)
        del self.ins[node], self.outs[node]
        return before.source, after.target

    def _parallel_edges(self, node: int) -> tuple[int, ...]:
        """Flows from a split to the join of its own kind are one block."""
        by_target: dict[int, list[int]] = {}
        for number in self.outs[node]:
            by_target.setdefault(self.edges[number].target, []).append(number)
        for target, numbers in by_target.items():
            if len(numbers) > 1 and target != node and self._alike(node, target):
                edges = [self._unlink(number) for number in numbers]
                self._link(self._merged(node, target, edges))
                return node, target
        return ()

    def _merged(self, node: int, target: int, edges: list[Edge]) -> Edge:
        blocks = [edge.block for edge in edges]
        if node in self.parallel:
            return Edge(node, target, self.blocks.every(blocks), False)
        free = [edge.block for edge in edges if not edge.bounded]
        if not free:
            return Edge(node, target, self.blocks.one(blocks, []), True)
        spare = [edge.block for edge in edges if edge.bounded]
        return Edge(node, target, self.blocks.one(free, spare), False)

    def _loop(self, node: int) -> tuple[int, ...]:
        """From an exclusive join to an exclusive split, and back by a bounded flow."""
        if node in self.parallel:
            return ()
        number = self.outs[node][0]
        body = self.edges[number]
        split = body.target
        if split in self.parallel or split == node or body.bounded or len(self.ins[split]) != 1:
            return ()
        for back in self.outs[split]:
            edge = self.edges[back]
            if edge.target == node and edge.bounded:
                self._unlink(back)
                block = self.blocks.loop(body.block, edge.block)
                self.edges[number] = Edge(node, split, block, False)
                return node, split
        return ()

    def _split_after_split(self, node: int) -> tuple[int, ...]:
        """Splitting twice at one spot is splitting once."""
        number = self.ins[node][0]
        way = self.edges[number]
        source = way.source
        if way.bounded or source in (START_NODE, node) or not self.blocks[way.block].silent:
            return ()
        if len(self.ins[source]) != 1 or not self._alike(node, source):
            return ()
        onward = {out: self.edges[out] for out in self.outs[node]}
        if all(edge.bounded for edge in onward.values()):
            return ()
        self._unlink(number)
        for out, edge in onward.items():
            block = self.blocks.sequence(way.block, edge.block)
            self.edges[out] = Edge(source, edge.target, block, edge.bounded)
            self.outs[source].append(out)
        del self.ins[node], self.outs[node]
        return source, *{edge.target for edge in onward.values()}

    def _join_before_join(self, node: int) -> tuple[int, ...]:
        """Joining twice at one spot is joining once."""
        number = self.outs[node][0]
        way = self.edges[number]
        target = way.target
        if way.bounded or target == node or not self.blocks[way.block].silent:
            return ()
        if len(self.outs[target]) > 1 or not self._alike(node, target):
            return ()
        coming = {into: self.edges[into] for into in self.ins[node]}
        self._unlink(number)
        for into, edge in coming.items():
            block = self.blocks.sequence(edge.block, way.block)
            self.edges[into] = Edge(edge.source, target, block, edge.bounded)
            self.ins[target].append(into)
        del self.ins[node], self.outs[node]
        return target, *{edge.source for edge in coming.values()}

    def _alike(self, one: int, other: int) -> bool:
        """Both parallel, or both exclusive; the end takes one flow, as an exclusive one does."""
        return (one in self.parallel) == (other in self.parallel)

    def _open(self, node: int, name: str, parallel: bool) -> None:
        self.ins[node], self.outs[node], self.names[node] = [], [], name
        if parallel:
            self.parallel.add(node)

    def _link(self, edge: Edge) -> None:
        self.outs[edge.source].append(self._number)
        self.ins[edge.target].append(self._number)
        self.edges[self._number] = edge
        self._number += 1

    def _unlink(self, number: int) -> Edge:
        edge = self.edges.pop(number)
        self.outs[edge.source].remove(number)
        self.ins[edge.target].remove(number)
        return edge
