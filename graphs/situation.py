"""What is known when one task is to be given out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from signalbox.learning.allocation.crew import Candidate, Crew, Pick


@dataclass(slots=True)
class Situation:
    """What is known when one task is to be given out.

    ``barred`` is filled in on the way: by resource, the rules that speak against it.
    """

    pick: Pick
    now: datetime
    present: int
    team_holds: int
    fastest_hours: float
    needed: frozenset[str]
    barred: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def candidate(self, name: str) -> Candidate | None:
        """The candidate of that id."""
        return next((one for one in self.pick.candidates if one.resource.id == name), None)


def situation_of(crew: Crew, pick: Pick, now: datetime) -> Situation:
    """What rules may know when ``pick`` is given out."""
    return Situation(
        pick=pick,
        now=now,
        present=crew.present,
        team_holds=crew.holds,
        fastest_hours=crew.fastest_hours(pick.queue),
        needed=crew.board.asked(pick.task).skills,
    )
