"""What became of each prefix: the future that is to be predicted, kept apart from the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.durations.clock import DAY_S, days
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.logs.log import EventLog


@dataclass(frozen=True)
class Targets:
    """For ``n`` prefixes, in days: ``remaining`` until the last event of the case, ``gap`` until
    the next event, ``waiting`` until that is begun and ``processing`` from there to its completion.

    ``following`` names the next activity, ``""`` after the last event. What the log does not tell
    (or what does not exist: nothing follows the last event) is nan. ``waiting`` is 0 where the
    next step was begun before the last event was recorded.
    """

    remaining: np.ndarray
    gap: np.ndarray
    waiting: np.ndarray
    processing: np.ndarray
    following: np.ndarray


def targets_of(log: EventLog, prefixes: Prefixes) -> Targets:
    """The targets of ``prefixes``, which must be of ``log``."""
    n = len(prefixes)
    remaining, gap, waiting, processing = np.full((4, n), np.nan)
    following = np.full(n, "", dtype=object)
    for i, (case, length) in enumerate(zip(prefixes.case, prefixes.length, strict=True)):
        trace = log.traces[case]
        last = trace.events[length - 1]
        remaining[i] = days(trace.ended) - days(last.time)
        if length == len(trace):
            continue
        event = trace.events[length]
        following[i] = event.activity
        gap[i] = days(event.time) - days(last.time)
        if event.start is not None:
            processing[i] = (event.time - event.start).total_seconds() / DAY_S
            waiting[i] = max((event.start - last.time).total_seconds() / DAY_S, 0.0)
    return Targets(remaining, gap, waiting, processing, following)
