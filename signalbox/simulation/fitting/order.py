"""What led to what in a case: activities that run at once, and what each event waited for."""

from __future__ import annotations

import numpy as np

from signalbox.simulation.fitting.work import Work

_LEAST_SHARE = 0.25
_LEAST_COUNT = 5
_INSTANT = 1e-6


def at_once(work: Work) -> np.ndarray:
    """Which activities run at once, bool [J, J], symmetric.

    Two different ones do where they overlap in a quarter of the cases that have both. Beginnings
    that are estimated overlap with nothing.
    """
    kinds = len(work.activities)
    together, both = np.zeros((kinds, kinds)), np.zeros((kinds, kinds))
    for first, end in zip(work.firsts[:-1], work.firsts[1:], strict=True):
        names = work.activity[first:end]
        begun, ended = work.begun[first:end], work.ended[first:end]
        overlap = (begun[:, None] < ended[None, :] - _INSTANT) & (
            begun[None, :] < ended[:, None] - _INSTANT
        )
        here, seen = np.zeros((kinds, kinds), bool), np.zeros(kinds, bool)
        one, other = np.nonzero(overlap & (names[:, None] != names[None, :]))
        here[names[one], names[other]] = True
        seen[names] = True
        together += here
        both += np.outer(seen, seen)
    return np.asarray((together >= _LEAST_COUNT) & (together >= _LEAST_SHARE * np.maximum(both, 1)))


def predecessors(work: Work, parallel: np.ndarray) -> list[tuple[int, ...]]:
    """Positions of the events each one waited for; none for those that start with the case.

    An event waits for the earlier ones of its case that do not run at once with it, as far as no
    other of them already waited for those. Without parallel activities that is the one before.
    """
    found: list[tuple[int, ...]] = []
    for first, end in zip(work.firsts[:-1], work.firsts[1:], strict=True):
        before: list[set[int]] = []
        for i in range(first, end):
            kind = work.activity[i]
            earlier = [
                f
                for f in range(first, i)
                if not parallel[work.activity[f], kind]
                and (work.ended[f] <= work.begun[i] + _INSTANT or work.activity[f] == kind)
            ]
            if i > first and not parallel.any():
                # In sequence an event follows the one before, even where they overlap.
                earlier = [i - 1]
            covered = set().union(*(before[f - first] for f in earlier)) if earlier else set()
            direct = tuple(f for f in earlier if f not in covered)
            found.append(direct)
            before.append(covered | set(direct))
    return found
