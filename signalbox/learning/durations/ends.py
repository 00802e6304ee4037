"""Which cases are over: those whose last activity is one that ends a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from signalbox.domain.errors import BadInput
from signalbox.learning.durations.codes import RARE
from signalbox.learning.logs.log import EventLog

MOSTLY = 0.9


def usual_ends(log: EventLog) -> tuple[str, ...]:
    """Activities after which nothing follows in nine of ten times or more."""
    times = Counter(event.activity for trace in log.traces for event in trace.events)
    last = Counter(trace.events[-1].activity for trace in log.traces)
    return tuple(sorted(n for n, ended in last.items() if ended >= max(RARE, MOSTLY * times[n])))


def check_ends(log: EventLog, ends: Sequence[str], name: str) -> tuple[str, ...]:
    """``ends`` in order, each once; BadInput for one that is no activity of ``log``."""
    known = set(log.activities)
    for one in ends:
        if one not in known:
            raise BadInput(
                f"{name}: no activity {one[:60]!r}, which --end names",
                hint=f"name activities of the log: {', '.join(sorted(known)[:10])[:200]}",
            )
    return tuple(sorted(set(ends)))


def parted(log: EventLog, ends: Sequence[str]) -> tuple[EventLog, EventLog]:
    """(finished, running) cases of ``log``; without ``ends`` nothing tells, and all are running."""
    over = [trace.events[-1].activity in ends for trace in log.traces]
    finished = [trace for trace, done in zip(log.traces, over, strict=True) if done]
    running = [trace for trace, done in zip(log.traces, over, strict=True) if not done]
    return EventLog(finished), EventLog(running)
