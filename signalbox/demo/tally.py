"""The running figures of the demo, counted from the events and from nothing else."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass
from math import sqrt

from signalbox.demo.events import Decided, Event, LevelChanged, Resolved, Running, Waiting

BLOCK = 50
_Z95 = 1.959963984540054


def wilson(hits: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """Score interval for a proportion, two-sided 95% by default; (0, 1) for ``n`` = 0.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927).
    """
    if n == 0:
        return 0.0, 1.0
    share, spread = hits / n, z * z / n
    centre = share + spread / 2
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if hits == 0 else (centre - half) / (1 + spread)
    high = 1.0 if hits == n else (centre + half) / (1 + spread)
    return low, high


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures at one moment. Shares are None until there is something to divide by.

    ``interval`` is the 95% Wilson interval of ``selective_accuracy``; ``blocks`` holds the accuracy
    of each full block of ``BLOCK`` tasks decided alone, in order. ``advised`` counts the tasks with
    a proposal of the language model, ``acted_on`` those of them that it decided.
    """

    tasks: int
    alone: int
    right: int
    coverage: float | None
    selective_accuracy: float | None
    interval: tuple[float, float]
    median_ms: float | None
    waiting: int
    answered: dict[str, int]
    by: dict[str, int]
    stray_routed: int
    level_changes: int
    blocks: tuple[float, ...]
    language_model: bool = False
    scripted: bool = False
    advised: int = 0
    acted_on: int = 0


class Tally:
    """Counts events. A task counts once as decided alone or as sent to a person."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._open: dict[str, Waiting] = {}
        self._ms: list[float] = []
        self._by: Counter[str] = Counter()
        self._verbs: Counter[str] = Counter()
        self._running: Running | None = None
        self._advised = 0
        self._alone = self._right = self._stray = self._levels = 0
        self._blocks: list[float] = []
        self._block_right = 0

    def add(self, event: Event) -> None:
        """Takes one event into account; events that carry no figures change nothing."""
        if isinstance(event, Decided):
            self._decided(event)
        elif isinstance(event, Waiting):
            self._asked.add(event.task)
            self._open[event.task] = event
            self._advised += bool(event.advice)
            insort(self._ms, event.ms)
        elif isinstance(event, Resolved):
            if self._open.pop(event.task, None) is not None:
                self._verbs[event.verb] += 1
        elif isinstance(event, LevelChanged):
            self._levels += 1
        elif isinstance(event, Running):
            self._running = event

    def _decided(self, event: Decided) -> None:
        right = bool(event.true_team) and event.team == event.true_team
        self._alone += 1
        self._right += right
        self._stray += not event.true_team
        self._by[event.by] += 1
        insort(self._ms, event.ms)
        self._block_right += right
        if self._alone % BLOCK == 0:
            self._blocks.append(self._block_right / BLOCK)
            self._block_right = 0

    @property
    def open(self) -> tuple[Waiting, ...]:
        """Tasks still waiting for a person, the longest waiting first."""
        return tuple(self._open.values())

    @property
    def tasks(self) -> int:
        return self._alone + len(self._asked)

    def summary(self) -> Summary:
        """The figures as they stand."""
        return Summary(
            tasks=self.tasks,
            alone=self._alone,
            right=self._right,
            coverage=self._alone / self.tasks if self.tasks else None,
            selective_accuracy=self._right / self._alone if self._alone else None,
            interval=wilson(self._right, self._alone),
            median_ms=_median(self._ms),
            waiting=len(self._open),
            answered=dict(self._verbs),
            by=dict(self._by),
            stray_routed=self._stray,
            level_changes=self._levels,
            blocks=tuple(self._blocks),
            language_model=bool(self._running and self._running.language_model),
            scripted=bool(self._running and self._running.scripted),
            advised=self._advised + self._by["agent"],
            acted_on=self._by["agent"],
        )


def _median(ordered: list[float]) -> float | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
