"""Why a task waits for somebody of its team, in a sentence that holds for all of its queue."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from graphs.situation import Situation
from signalbox.domain.decision import Decision
from signalbox.learning.allocation.board import Queue
from signalbox.learning.allocation.crew import Crew, Pick

Tried = tuple[Situation, Decision | None, str]


class Wait(NamedTuple):
    """Why, and whom a person could choose, where one is asked to."""

    reason: str
    suggested: str | None = None


def wait_of(
    crew: Crew, queue: Queue, pick: Pick | None, tried: Tried | None, now: datetime
) -> Wait:
    """Why the tasks of ``queue`` wait. ``tried`` is how far the spine came with one of them."""
    if tried is not None:
        situation, draft, reason = tried
        if draft is not None and draft.option is not None:
            return Wait(f"a person has to say so: {reason}", draft.option)
        rules = sorted({rule for names in situation.barred.values() for rule in names})
        return Wait(f"rules speak against everybody who is free: {', '.join(rules)}")
    if pick is not None and pick.refused and not pick.candidates:
        names = ", ".join(sorted(one.resource.id for one in pick.refused))
        return Wait(f"worth waiting for somebody faster than {names}, free as they are")
    able, team = crew.able(queue), crew.team
    if not able:
        if queue.skills:
            return Wait(f"nobody of '{team}' has all of: {', '.join(sorted(queue.skills))}")
        return Wait(f"nobody of '{team}' is left to ask")
    present = [one for one in able if one.on_shift(now)]
    if not present:
        return Wait(f"nobody of '{team}' who could do it is on shift")
    if all(crew.board.taken(one) >= one.capacity for one in present):
        return Wait(f"everybody of '{team}' who could do it has all they can hold")
    return Wait("others go first")
