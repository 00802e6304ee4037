"""What is known when one task is to be given out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from signalbox.learning.allocation.crew import Candidate, Crew, Pick


@dataclass(slots=True)
class Situation:
    """What is known when one task is to be given out.

    ``passed_over`` are the minutes that the oldest task has waited which each candidate could do
    and which came before this one. ``barred`` is filled in on the way: by resource, the rules that
    speak against it; ``by_person`` those whom a person could choose all the same.
    """

    pick: Pick
    now: datetime
    present: int
    team_holds: int
    fastest_hours: float
    needed: frozenset[str]
    passed_over: dict[str, int]
    barred: dict[str, tuple[str, ...]] = field(default_factory=dict)
    by_person: list[str] = field(default_factory=list)

    def candidate(self, name: str) -> Candidate | None:
        """The candidate of that id."""
        return next((one for one in self.pick.candidates if one.resource.id == name), None)


def situation_of(crew: Crew, pick: Pick, now: datetime) -> Situation:
    """What rules may know when ``pick`` is given out."""
    board = crew.board
    passed: dict[str, int] = {}
    lines = board.queues(crew.team)
    members = crew.members()
    place = {one.id: i for i, one in enumerate(members)}
    for one in pick.candidates:
        older = [
            task.received_at
            for queue, task, _ in lines
            if task.task_id != pick.task.task_id
            and task.received_at < pick.task.received_at
            and crew.able(queue)[place[one.resource.id]]
        ]
        since = min(older, default=now)
        passed[one.resource.id] = max(0, int((now - since).total_seconds() // 60))
    return Situation(
        pick=pick,
        now=now,
        present=crew.present(),
        team_holds=sum(board.taken(one) for one in members),
        fastest_hours=crew.fastest_hours(pick.queue),
        needed=board.asked(pick.task).skills,
        passed_over=passed,
    )
