"""The kernel of a plan: what is left of its graph once every block is folded into one edge.

Each rule keeps soundness and unsoundness alike (Murata 1989; Sadiq and Orlowska 2000), so what
holds of the kernel holds of the plan. A plan of nested blocks folds into the one edge from start
to end; what remains otherwise is for the token game.
"""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.soundness.blocks import EMPTY, Blocks
from guardrails.soundness.graph import END_NODE, START_NODE, Graph


@dataclass(frozen=True, slots=True)
class Edge:
    """A token on it has ``block`` still to run, and then waits at ``target``."""

    source: int
    target: int
    block: int
    bounded: bool


@dataclass(frozen=True, slots=True)
class Kernel:
    """Edges between start, end and the gateways left; ``names`` are the ids of all nodes."""

    edges: tuple[Edge, ...]
    parallel: frozenset[int]
    names: dict[int, str]
    blocks: Blocks


def kernel_of(graph: Graph) -> Kernel:
    """Fold the blocks of a graph without shape findings."""
    folding = _Folding(graph)
    folding.run()
    edges = tuple([edge for edge in folding.edges if edge is not None])
    return Kernel(edges, frozenset(folding.parallel), folding.names, folding.blocks)


class _Folding:
    def __init__(self, graph: Graph) -> None:
        self.blocks = Blocks()
        self.edges: list[Edge | None] = []
        self.parallel = set(graph.parallel)
        self.names = dict(enumerate(graph.names))
        self.ins: dict[int, list[int]] = {START_NODE: [], END_NODE: []}
        self.outs: dict[int, list[int]] = {START_NODE: [], END_NODE: []}
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
        row = [self.blocks.leaf(choice=flow)] if chosen else []
        bounded = graph.at_most[flow] is not None
        node = graph.target[flow]
        while node in graph.steps:
            if not graph.steps[node].skipped:
                row.append(self.blocks.leaf(step=node))
            node = graph.target[graph.outs[node][0]]
        self._link(Edge(source, node, self.blocks.sequence(row), bounded))

    def run(self) -> None:
        work = list(self.outs)
        while work:
            node = work.pop()
            if node in self.outs:
                work += (
                    self._series(node)
                    or self._parallel_edges(node)
                    or self._loop(node)
                    or self._split_after_split(node)
                    or self._join_before_join(node)
                )

    def _series(self, node: int) -> list[int]:
        """A gateway with one way in and one way out does nothing."""
        if len(self.ins[node]) != 1 or len(self.outs[node]) != 1:
            return []
        before, after = self._edge(self.ins[node][0]), self._edge(self.outs[node][0])
        if after.bounded:
            return []
        block = self.blocks.sequence([before.block, after.block])
        self._close(node)
        self._link(Edge(before.source, after.target, block, before.bounded))
        return [before.source, after.target]

    def _parallel_edges(self, node: int) -> list[int]:
        """Flows from a split to the join of its own kind are one block."""
        by_target: dict[int, list[int]] = {}
        for number in self.outs[node]:
            by_target.setdefault(self._edge(number).target, []).append(number)
        for target, numbers in by_target.items():
            if len(numbers) > 1 and target != node and self._alike(node, target):
                edges = [self._edge(number) for number in numbers]
                for number in numbers:
                    self._unlink(number)
                self._link(self._merged(node, target, edges))
                return [node, target]
        return []

    def _merged(self, node: int, target: int, edges: list[Edge]) -> Edge:
        blocks = [edge.block for edge in edges]
        if node in self.parallel:
            return Edge(node, target, self.blocks.every(blocks), False)
        free = [edge.block for edge in edges if not edge.bounded]
        if not free:
            return Edge(node, target, self.blocks.one(blocks, []), True)
        spare = [edge.block for edge in edges if edge.bounded]
        return Edge(node, target, self.blocks.one(free, spare), False)

    def _loop(self, node: int) -> list[int]:
        """From an exclusive join to an exclusive split, and back by a bounded flow."""
        if node in self.parallel or node == START_NODE or len(self.outs[node]) != 1:
            return []
        number = self.outs[node][0]
        body = self._edge(number)
        split = body.target
        if split in self.parallel or split == node or body.bounded or len(self.ins[split]) != 1:
            return []
        for back in self.outs[split]:
            edge = self._edge(back)
            if edge.target == node and edge.bounded:
                self._unlink(back)
                self._unlink(number)
                block = self.blocks.loop(body.block, edge.block)
                self._link(Edge(node, split, block, False))
                return [node, split]
        return []

    def _split_after_split(self, node: int) -> list[int]:
        """Splitting twice at one spot is splitting once."""
        if len(self.ins[node]) != 1 or not self.outs[node]:
            return []
        number = self.ins[node][0]
        way = self._edge(number)
        if way.bounded or way.source == START_NODE or not self.blocks.silent[way.block]:
            return []
        if len(self.ins[way.source]) != 1 or not self._alike(node, way.source):
            return []
        onward = [self._edge(out) for out in self.outs[node]]
        if all(edge.bounded for edge in onward):
            return []
        self._close(node)
        for edge in onward:
            block = self.blocks.sequence([way.block, edge.block])
            self._link(Edge(way.source, edge.target, block, edge.bounded))
        return [way.source, *{edge.target for edge in onward}]

    def _join_before_join(self, node: int) -> list[int]:
        """Joining twice at one spot is joining once."""
        if len(self.outs[node]) != 1 or not self.ins[node]:
            return []
        way = self._edge(self.outs[node][0])
        onward = self.outs[way.target]
        if way.bounded or not self.blocks.silent[way.block] or way.target == node:
            return []
        if (onward and len(onward) != 1) or not self._alike(node, way.target):
            return []
        coming = [self._edge(number) for number in self.ins[node]]
        self._close(node)
        for edge in coming:
            block = self.blocks.sequence([edge.block, way.block])
            self._link(Edge(edge.source, way.target, block, edge.bounded))
        return [way.target, *{edge.source for edge in coming}]

    def _alike(self, one: int, other: int) -> bool:
        """Both parallel, or both exclusive; the end takes one flow, as an exclusive one does."""
        return (one in self.parallel) == (other in self.parallel)

    def _edge(self, number: int) -> Edge:
        edge = self.edges[number]
        assert edge is not None
        return edge

    def _open(self, node: int, name: str, parallel: bool) -> None:
        self.ins[node], self.outs[node], self.names[node] = [], [], name
        if parallel:
            self.parallel.add(node)

    def _close(self, node: int) -> None:
        for number in (*self.ins[node], *self.outs[node]):
            self._unlink(number)
        del self.ins[node], self.outs[node]

    def _link(self, edge: Edge) -> None:
        self.outs[edge.source].append(len(self.edges))
        self.ins[edge.target].append(len(self.edges))
        self.edges.append(edge)

    def _unlink(self, number: int) -> None:
        edge = self._edge(number)
        self.outs[edge.source].remove(number)
        self.ins[edge.target].remove(number)
        self.edges[number] = None
