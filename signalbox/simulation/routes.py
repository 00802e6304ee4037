"""Routes between activities while a scenario is read, and their arrays once it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from signalbox.simulation.process import Routing


@dataclass(slots=True)
class Routes:
    """Collects alternatives for each source; sources are the activities and then the starts."""

    activities: int
    classes: int = 1
    alternatives: list[list[tuple[float, tuple[int, ...]]]] = field(init=False)
    groups: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alternatives = [[] for _ in range(self.activities + self.classes)]

    def group(self, target: int, need: int = 1) -> int:
        """A group of inputs that starts ``target`` once it has ``need`` tokens."""
        self.groups.append((target, need))
        return len(self.groups) - 1

    def add(self, source: int, probability: float, edges: tuple[int, ...]) -> None:
        """With ``probability`` one token along each of ``edges``; none ends the branch."""
        self.alternatives[source].append((probability, edges))

    def routing(self, places: np.ndarray | None = None, *, lenient: bool = False) -> Routing:
        """The arrays; the probabilities of a source are scaled to a sum of exactly one."""
        first, begin = [0], [0]
        cumulative: list[float] = []
        edges: list[int] = []
        for alternatives in self.alternatives:
            running = np.cumsum([probability for probability, _ in alternatives])
            cumulative += list(running / running[-1])
            for _, out in alternatives:
                edges += out
                begin.append(len(edges))
            first.append(len(cumulative))
        groups = np.array(self.groups, np.int64).reshape(-1, 2)
        return Routing(
            first=np.array(first, np.int64),
            cumulative=np.array(cumulative, float),
            begin=np.array(begin, np.int64),
            edges=np.array(edges, np.int64),
            target=np.ascontiguousarray(groups[:, 0]),
            need=np.ascontiguousarray(groups[:, 1]),
            places=np.zeros(0, np.int64) if places is None else places.astype(np.int64),
            lenient=lenient,
        )
