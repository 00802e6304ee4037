"""The template a log suggests: discovered on its earlier cases, judged on the later ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from signalbox.domain.template import Template
from signalbox.learning.patterns.discovery.fitness import Fitness, fitness_of
from signalbox.learning.patterns.discovery.miner import mined
from signalbox.learning.patterns.discovery.plan import bound, template_of
from signalbox.learning.patterns.discovery.replay import Player, loops
from signalbox.learning.patterns.discovery.sublog import Path
from signalbox.learning.patterns.discovery.tree import Tree

BUILT_ON = 0.8
"""Share of the cases, by start, that a template is built on; the others judge it."""
LEVELS = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Noise levels tried where none is asked for."""
_TRIED_ON = 0.75
_PREFIXES_TRIED = 1_000
FEWEST = 10
MOST_ACTIVITIES = 300
"""More are no activities but free text, and no plan that anybody could read."""

Paths = list[tuple[Path, int]]


@dataclass(frozen=True)
class Suggestion:
    """``built`` and ``held_out`` are the fitness on the cases it was built on, and on later ones.

    ``held_out`` is None where there were too few cases to keep any back.
    """

    template: Template
    tree: Tree
    noise: float
    built: Fitness
    held_out: Fitness | None


def suggestion(
    paths: Sequence[Path], names: Sequence[str], name: str, noise: float | None = None
) -> Suggestion:
    """The suggestion for ``paths`` [cases], the activities of each case, cases by their start.

    ``names`` [activities] by their code. Where ``noise`` is None, the level is the one that did
    best on the last quarter of the cases it is built on, by the balance of replay and precision.
    Raises pydantic's ValidationError where the template would be larger than one may be.
    """
    cut = int(len(paths) * BUILT_ON) if len(paths) >= FEWEST else len(paths)
    earlier, later = paths[:cut], paths[cut:]
    level = _best_level(earlier) if noise is None else noise
    known = _counted(earlier)
    tree = mined(known, level)
    player = player_of(tree)
    return Suggestion(
        template=template_of(tree, names, name),
        tree=tree,
        noise=level,
        built=fitness_of(player, known),
        held_out=fitness_of(player, _counted(later)) if later else None,
    )


def player_of(tree: Tree) -> Player:
    """Replays on ``tree`` with the bounds that its template has."""
    return Player(tree, [bound(loop) for loop in loops(tree)])


def _best_level(paths: Sequence[Path]) -> float:
    cut = int(len(paths) * _TRIED_ON)
    earlier, later = _counted(paths[:cut]), _counted(paths[cut:])
    if not earlier or not later:
        return 0.0
    best, best_balance = 0.0, -1.0
    for level in LEVELS:
        balance = fitness_of(player_of(mined(earlier, level)), later, _PREFIXES_TRIED).balance
        if balance > best_balance:
            best, best_balance = level, balance
    return best


def _counted(paths: Sequence[Path]) -> Paths:
    return Counter(paths).most_common()
