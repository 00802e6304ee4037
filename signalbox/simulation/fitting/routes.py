"""The routing of a log: places, what follows each, and the way every event of the log came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from signalbox.simulation.fitting.classes import Leaf
from signalbox.simulation.fitting.contexts import chosen_contexts, contexts_of
from signalbox.simulation.fitting.work import Work
from signalbox.simulation.process import Routing

_RARE = 0.03


@dataclass(frozen=True, slots=True)
class Routed:
    """``group[i]`` is the group of the routing that event ``i`` came through, int64 [n].

    ``before[g]`` names what a group comes from for grouping alike ones: (activity, activities
    before it). ``notes`` say what was chosen.
    """

    routing: Routing
    group: np.ndarray
    before: list[tuple[int, tuple[int, ...]]]
    notes: list[str]


@dataclass(slots=True)
class _Collected:
    """Counts on their way into a routing."""

    activity: list[int] = field(default_factory=list)
    places: dict[tuple[object, ...], int] = field(default_factory=dict)
    groups: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)
    following: dict[int, Counter[tuple[int, ...]]] = field(default_factory=dict)

    def place(self, key: tuple[object, ...], activity: int) -> int:
        if key not in self.places:
            self.places[key] = len(self.places)
            self.activity.append(activity)
        return self.places[key]

    def group(self, target: int, sources: tuple[int, ...]) -> int:
        return self.groups.setdefault((target, sources), len(self.groups))

    def count(self, source: int, groups: tuple[int, ...]) -> None:
        self.following.setdefault(source, Counter())[groups] += 1

    def routing(self, classes: int, parallel: bool) -> Routing:
        """The arrays; starts were counted at ``-1 - class``."""
        first, begin = [0], [0]
        cumulative: list[float] = []
        edges: list[int] = []
        sources = [*range(len(self.places)), *(-1 - c for c in range(classes))]
        for source in sources:
            counts = self.following.get(source) or Counter({(): 1})
            ways = sorted(counts.items(), key=lambda way: (-way[1], way[0]))
            running = np.cumsum([count for _, count in ways]).astype(float)
            cumulative += list(running / running[-1])
            for groups, _ in ways:
                edges += groups
                begin.append(len(edges))
            first.append(len(cumulative))
        targets = sorted(self.groups.items(), key=lambda item: item[1])
        return Routing(
            first=np.array(first, np.int64),
            cumulative=np.array(cumulative, float),
            begin=np.array(begin, np.int64),
            edges=np.array(edges, np.int64),
            target=np.array([target for (target, _), _ in targets], np.int64),
            need=np.array([max(len(by), 1) for (_, by), _ in targets], np.int64),
            places=np.array(self.activity, np.int64),
            lenient=parallel,
        )


def in_sequence(work: Work, leaves: list[Leaf]) -> Routed:
    """Routes of a log whose cases do one thing after the other, each class with its own."""
    kinds, firsts = len(work.activities), work.firsts
    paths = work.paths
    depth, least = chosen_contexts(paths, kinds)
    found, group = _Collected(), np.zeros(len(work.case), np.int64)
    for c, leaf in enumerate(leaves):
        members = np.flatnonzero(leaf.members)
        contexts = contexts_of([paths[i] for i in members], kinds, depth, least)
        for i in members:
            context: tuple[int, ...] = ()
            source = -1 - c
            for n, activity in enumerate(paths[i]):
                context = contexts.after(context, activity)
                place = found.place((c, context), activity)
                way = found.group(place, (source,))
                group[firsts[i] + n] = way
                found.count(source, (way,))
                source = place
            found.count(source, ())
    routing = found.routing(len(leaves), parallel=False)
    before: list[tuple[int, tuple[int, ...]]] = []
    for (place, (source,)), _ in sorted(found.groups.items(), key=lambda item: item[1]):
        by = (found.activity[source],) if source >= 0 else ()
        before.append((found.activity[place], by))
    steps = "the last activity" if depth == 1 else f"up to {depth} activities, seen {least} times"
    return Routed(routing, group, before, [f"what comes next depends on {steps}"])


def in_parallel(work: Work, leaves: list[Leaf], waited: list[tuple[int, ...]]) -> Routed:
    """Routes with forks and joins, from the events each event ``waited`` for.

    A join that is rare for its activity counts as a way through the last of its branches alone.
    """
    kinds, firsts = len(work.activities), work.firsts
    kind_of = np.zeros(len(firsts) - 1, np.int64)
    for c, leaf in enumerate(leaves):
        kind_of[leaf.members] = c
    joins: dict[int, Counter[tuple[int, ...]]] = {}
    for i, by in enumerate(waited):
        names = tuple(sorted({int(work.activity[f]) for f in by}))
        joins.setdefault(int(work.activity[i]), Counter())[names] += 1
    found, group = _Collected(), np.zeros(len(work.case), np.int64)
    for c in range(len(leaves)):
        for j in range(kinds):
            found.place((c, j), j)
    out: list[list[int]] = [[] for _ in work.case]
    starts: list[list[int]] = [[] for _ in kind_of]
    for i, by in enumerate(waited):
        j, case = int(work.activity[i]), int(work.case[i])
        c = int(kind_of[case])
        names = tuple(sorted({int(work.activity[f]) for f in by}))
        if len(names) < len(by) or joins[j][names] < _RARE * joins[j].total():
            by = (max(by, key=lambda f: work.ended[f]),) if by else ()
            names = tuple(int(work.activity[f]) for f in by)
        place = found.place((c, j), j)
        sources = tuple(found.place((c, k), k) for k in names) or (-1 - c,)
        group[i] = found.group(place, sources)
        for f in by:
            out[f].append(int(group[i]))
        if not by:
            starts[case].append(int(group[i]))
    for i, ways in enumerate(out):
        c = int(kind_of[work.case[i]])
        found.count(found.place((c, int(work.activity[i])), 0), tuple(sorted(ways)))
    for case, ways in enumerate(starts):
        found.count(-1 - int(kind_of[case]), tuple(sorted(ways)))
    before = [
        (found.activity[place], tuple(found.activity[s] for s in sources if s >= 0))
        for (place, sources), _ in sorted(found.groups.items(), key=lambda item: item[1])
    ]
    note = "activities run at once: branches are waited for"
    return Routed(found.routing(len(leaves), parallel=True), group, before, [note])
