"""Replaying cases on a process tree: what may come next, and where a case leaves the plan.

Every activity stands in a tree once, so the next event says where to go. What it leaves open is
whether a loop is still in its round or already in the next: both are followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from signalbox.learning.patterns.discovery.sublog import Path
from signalbox.learning.patterns.discovery.tree import Shape, Tree

At = tuple[Any, ...] | None
"""Where a case stands in a tree: None before it has begun there. A step done is ``()``; of a
sequence, a choice or a loop the part it is in and where in there; of parallel parts all."""
MOST_STATES = 32


@dataclass(frozen=True, slots=True)
class Replay:
    """How one case fared: events the plan allowed, and whether it could also end where it did.

    ``allowed`` [events]: False for an event that the plan did not allow next. Replay goes on as
    though what that event waited for had been done or, where the plan is past it, without it.
    """

    allowed: tuple[bool, ...]
    ended: bool

    @property
    def fits(self) -> bool:
        """Whether the case is one the plan allows as a whole."""
        return self.ended and all(self.allowed)


@dataclass(frozen=True, slots=True)
class State:
    """Where a case stands, and how often it has gone back in each loop."""

    at: At
    rounds: tuple[int, ...]


class Player:
    """Replays cases on one tree, whose loops allow ``bounds`` rounds a case (by ``loops``).

    More than ``MOST_STATES`` ways of reading a case are not followed: those with the fewest rounds
    are kept. So a case may be said not to fit that does, never the other way round.
    """

    def __init__(self, tree: Tree, bounds: Iterable[int]) -> None:
        self._tree = tree
        self._bounds = tuple(bounds)
        self._number: dict[int, int] = {}
        self._part_of: dict[int, dict[int, int]] = {}
        self._skippable: dict[int, bool] = {}
        self._prepare(tree)
        self.first = (State(None, (0,) * len(self._bounds)),)

    def replay(self, path: Path) -> Replay:
        """``path`` from its begin to its end."""
        states: tuple[State, ...] = self.first
        allowed = []
        for activity in path:
            following = self.after(states, activity)
            allowed.append(bool(following))
            states = following or self._after(states, activity, forced=True) or states
        return Replay(tuple(allowed), any(self._ends(self._tree, s.at) for s in states))

    def after(self, states: Iterable[State], activity: int) -> tuple[State, ...]:
        """The states once ``activity`` has been done next; none where that is not allowed."""
        return self._after(states, activity, forced=False)

    def next_of(self, states: Iterable[State]) -> set[int]:
        """The activities that may be done next in any of the states."""
        found: set[int] = set()
        for state in states:
            for activity in set(self._offered(self._tree, state.at)) - found:
                if self.after((state,), activity):
                    found.add(activity)
        return found

    def _after(self, states: Iterable[State], activity: int, *, forced: bool) -> tuple[State, ...]:
        if activity not in self._part_of[id(self._tree)]:
            return ()
        found: set[State] = set()
        for state in states:
            for at, used in self._steps(self._tree, state.at, activity, forced):
                rounds = list(state.rounds)
                for number in used:
                    rounds[number] += 1
                if all(n <= most for n, most in zip(rounds, self._bounds, strict=True)):
                    found.add(State(at, tuple(rounds)))
        if len(found) > MOST_STATES:
            return tuple(sorted(found, key=lambda state: sum(state.rounds))[:MOST_STATES])
        return tuple(found)

    def _prepare(self, tree: Tree) -> None:
        """Which part holds which activity, what may be left out, and the numbers of the loops."""
        if tree.shape is Shape.LOOP:
            self._number[id(tree)] = len(self._number)
        for part in tree.parts:
            self._prepare(part)
        self._part_of[id(tree)] = {
            activity: place for place, part in enumerate(tree.parts) for activity in part.activities
        } or dict.fromkeys(tree.activities, 0)
        skippable = [self._skippable[id(part)] for part in tree.parts]
        self._skippable[id(tree)] = {
            Shape.STEP: False,
            Shape.NOTHING: True,
            Shape.ONE: any(skippable),
            Shape.LOOP: all(skippable[:1]),
        }.get(tree.shape, all(skippable))

    def _ends(self, tree: Tree, at: At) -> bool:
        """Whether nothing more has to be done in ``tree``."""
        if at is None:
            return self._skippable[id(tree)]
        if tree.shape is Shape.STEP:
            return True
        if tree.shape is Shape.ALL:
            return all(self._ends(p, a) for p, a in zip(tree.parts, at, strict=True))
        place, inner = at
        if not self._ends(tree.parts[place], inner):
            return False
        if tree.shape is Shape.SEQUENCE:
            return all(self._skippable[id(part)] for part in tree.parts[place + 1 :])
        return tree.shape is Shape.ONE or place == 0 or self._skippable[id(tree.parts[0])]

    def _steps(
        self, tree: Tree, at: At, activity: int, forced: bool
    ) -> Iterator[tuple[At, tuple[int, ...]]]:
        """(where the case then stands, the loops it went back in) for each way to do it now.

        ``forced``: as though all that would have to be done before had been.
        """
        if tree.shape is Shape.STEP:
            if at is None:
                yield (), ()
            return
        target = self._part_of[id(tree)][activity]
        part = tree.parts[target]
        if tree.shape is Shape.ALL:
            all_at = at or (None,) * len(tree.parts)
            for inner, used in self._steps(part, all_at[target], activity, forced):
                yield (*all_at[:target], inner, *all_at[target + 1 :]), used
            return
        place, inside = at or (None, None)
        if place == target:
            for inner, used in self._steps(part, inside, activity, forced):
                yield (target, inner), used
            if tree.shape is not Shape.LOOP:
                return
        for used in self._moved(tree, place, inside, target, forced):
            for inner, more in self._steps(part, None, activity, forced):
                yield (target, inner), (*used, *more)

    def _moved(
        self, tree: Tree, place: int | None, inside: At, target: int, forced: bool
    ) -> Iterator[tuple[int, ...]]:
        """The loops gone back in on the way from a part to the begin of another, if there is one.

        ``place`` is None before the first part is entered.
        """
        parts = tree.parts
        if tree.shape is Shape.ONE:
            if place is None:
                yield ()
            return
        if tree.shape is Shape.SEQUENCE:
            begin = 0 if place is None else place + 1
            over = place is None or self._ends(parts[place], inside)
            skips = all(self._skippable[id(part)] for part in parts[begin:target])
            if target >= begin and (forced or (over and skips)):
                yield ()
            return
        body_free, back_free = (self._skippable[id(part)] for part in parts)
        if place is None:
            if target == 0:
                yield ()
            elif forced or body_free:
                yield (self._number[id(tree)],)
            return
        if not (forced or self._ends(parts[place], inside)):
            return
        # From the body back into it, or from one way back to the next, passes over the other part.
        if target == place and not (forced or (back_free if place == 0 else body_free)):
            return
        yield () if (place, target) == (1, 0) else (self._number[id(tree)],)

    def _offered(self, tree: Tree, at: At) -> Iterator[int]:
        """The activities that may come next, and perhaps more that may not."""
        if tree.shape is Shape.STEP:
            if at is None:
                yield tree.activity
            return
        if tree.shape is Shape.ALL:
            for place, part in enumerate(tree.parts):
                yield from self._offered(part, at[place] if at else None)
            return
        place, inside = at or (None, None)
        if tree.shape is Shape.ONE and place is not None:
            yield from self._offered(tree.parts[place], inside)
            return
        if tree.shape is Shape.LOOP:
            yield from self._part_of[id(tree)]
            return
        for number, part in enumerate(tree.parts):
            if place is None or number > place:
                yield from self._offered(part, None)
            elif number == place:
                yield from self._offered(part, inside)


def loops(tree: Tree) -> Iterator[Tree]:
    """The loops of a tree, those further out first: the order of the bounds of a Player."""
    if tree.shape is Shape.LOOP:
        yield tree
    for part in tree.parts:
        yield from loops(part)
