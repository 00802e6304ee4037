"""XES life cycles: which rows are completions, and when what they complete was begun."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.learning.logs.log import Event

TRANSITION = "lifecycle:transition"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a case before life cycles are folded: ``transition`` in small letters."""

    event: Event
    transition: str


def fold(steps: Sequence[Step]) -> tuple[list[Event], int]:
    """(completions with the start of each, how many rows were neither), ``steps`` in time order.

    A completion takes the earliest start of its activity that is still open, and its own start
    time where it has one. Steps without a transition count as completions.
    """
    begun: dict[str, deque[Event]] = defaultdict(deque)
    done: list[Event] = []
    others = 0
    for step in steps:
        if step.transition == "start":
            begun[step.event.activity].append(step.event)
        elif step.transition in ("complete", ""):
            waiting = begun[step.event.activity]
            event = step.event
            if waiting and event.start is None:
                event = replace(event, start=waiting.popleft().time)
            done.append(event)
        else:
            others += 1
    # A start that is never completed is work in progress: no completion to learn from.
    return done, others + sum(len(waiting) for waiting in begun.values())


def is_standard(transitions: Sequence[str]) -> bool:
    """Whether the transitions of a log are those of the standard: some row is a completion.

    Logs exist that keep a state of their own there; their rows are all events.
    """
    return "complete" in transitions
