"""Where a running case stands: every state that the steps it has executed can have led to.

Only the activities leave a trace; what the gateways did is found out. To run an activity only those
gateways need to act that its flow can come from, so the others are left for later: a free-choice
net lets nobody else take their tokens meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrails.soundness.graph import START_NODE, Graph, reached
from guardrails.soundness.token_game import TooManyStates

State = tuple[int, tuple[int, ...]]
"""The flows that hold a token, as bits, and how often each bounded flow was taken."""


def states_after(graph: Graph, done: Sequence[str], budget: int) -> set[State]:
    """The states of a sound plan after ``done``, in that order; none if it cannot have happened.

    Raises TooManyStates beyond ``budget``.
    """
    replay = _Replay(graph, budget)
    number = {step.id: node for node, step in graph.steps.items() if not step.skipped}
    states = {replay.first}
    for name in done:
        node = number.get(name)
        if node is None:
            return set()
        states = replay.after(states, node)
    return states


def still_to_come(graph: Graph, states: set[State]) -> set[str]:
    """The activities that can still run from any of the states of a sound plan."""
    bounded = [flow for flow, most in enumerate(graph.at_most) if most is not None]
    found: set[int] = set()
    for marking, taken in states:
        used_up = frozenset(
            flow for flow, count in zip(bounded, taken, strict=True) if count == graph.at_most[flow]
        )
        held = [target for flow, target in enumerate(graph.target) if marking >> flow & 1]
        found |= reached(graph, held, used_up)
    return {step.id for node, step in graph.steps.items() if node in found and not step.skipped}


class _Replay:
    def __init__(self, graph: Graph, budget: int) -> None:
        self._graph = graph
        self._budget = budget
        bounded = [flow for flow, most in enumerate(graph.at_most) if most is not None]
        self._place = {flow: place for place, flow in enumerate(bounded)}
        self.first: State = (1 << graph.outs[START_NODE][0], (0,) * len(bounded))
        self._sources: dict[int, int] = {}

    def after(self, states: set[State], step: int) -> set[State]:
        """The states once ``step`` has run next."""
        wanted = 1 << self._graph.ins[step][0]
        made = 1 << self._graph.outs[step][0]
        relevant = self._sources_of(step)
        seen = set(states)
        stack = list(states)
        found: set[State] = set()
        while stack:
            marking, taken = stack.pop()
            if marking & wanted:
                found.add((marking ^ wanted | made, taken))
                continue
            for state in self._moves(marking, taken, relevant):
                if state not in seen:
                    seen.add(state)
                    stack.append(state)
            if len(seen) > self._budget:
                raise TooManyStates
        return found

    def _sources_of(self, step: int) -> int:
        """The flows from which a token can come to the step by gateways alone, as bits."""
        if step not in self._sources:
            found = 1 << self._graph.ins[step][0]
            stack = [self._graph.ins[step][0]]
            while stack:
                node = self._graph.source[stack.pop()]
                if self._silent(node):
                    for flow in self._graph.ins[node]:
                        if not found >> flow & 1:
                            found |= 1 << flow
                            stack.append(flow)
            self._sources[step] = found
        return self._sources[step]

    def _silent(self, node: int) -> bool:
        step = self._graph.steps.get(node)
        return node != START_NODE and (step is None or step.skipped)

    def _moves(self, marking: int, taken: tuple[int, ...], relevant: int) -> Iterator[State]:
        graph = self._graph
        for flow, node in enumerate(graph.target):
            if not marking >> flow & 1 or not self._silent(node):
                continue
            if node in graph.parallel:
                needed = sum(1 << way for way in graph.ins[node])
                made = sum(1 << way for way in graph.outs[node])
                if made & relevant and needed & ~marking == 0 and flow == graph.ins[node][0]:
                    yield marking & ~needed | made, taken
                continue
            for way in graph.outs[node]:
                if relevant >> way & 1:
                    counted = self._counted(way, taken)
                    if counted is not None:
                        yield marking ^ 1 << flow | 1 << way, counted

    def _counted(self, flow: int, taken: tuple[int, ...]) -> tuple[int, ...] | None:
        """``taken`` once the flow is taken too; None where its bound forbids."""
        most = self._graph.at_most[flow]
        if most is None:
            return taken
        place = self._place[flow]
        if taken[place] >= most:
            return None
        return (*taken[:place], taken[place] + 1, *taken[place + 1 :])
