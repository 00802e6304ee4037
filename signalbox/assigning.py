"""Who does the work, wired: the spine of assignments with its kind, its rules and its boards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from agents import NoConsultant
from graphs.assigning import AssignmentRecorder
from graphs.assignment import AssignmentKind
from graphs.autonomy import Autonomy
from graphs.boards import Boards, Ways
from graphs.kind import Parts
from graphs.lanes import Lanes
from graphs.placing import Placing
from graphs.spine import build_spine
from signalbox import __version__
from signalbox.domain.autonomy import Switch
from signalbox.domain.enums import Kind
from signalbox.domain.ports import Ledger
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.keeper import RuleKeeper
from signalbox.learning.allocation.live_policy import LivePolicy, read_policy
from signalbox.settings import Settings


def open_placing(
    settings: Settings,
    ledger: Ledger,
    keeper: RuleKeeper,
    lanes: Lanes,
    autonomy: Autonomy,
    clock: Callable[[], datetime],
) -> Placing:
    """Put it together. Raises BadInput where the policy of the settings cannot be used."""
    boards = Boards(ledger, lanes.reads, clock, _ways(settings), _policy(settings))
    kind = AssignmentKind(keeper.shelf, boards.problem)
    parts = Parts(
        kind=kind,
        rules=keeper.shelf,
        consultant=NoConsultant(),
        recorder=AssignmentRecorder(ledger, lanes.writes, keeper),
        candidates=2,
        level=partial(autonomy.level, Kind.ASSIGNMENT),
        barred=partial(autonomy.barred, Kind.ASSIGNMENT),
        clock=clock,
        engine_version=__version__,
    )

    async def predict(task: Task, offered: tuple[str, ...]) -> Prediction | None:
        # A few sums and rule evaluations: a thread would take longer than the work.
        return kind.predict(task, offered)

    def paused() -> str:
        running = autonomy.stored.switch is Switch.RUNNING
        return "" if running else autonomy.barred(Kind.ASSIGNMENT)

    return Placing(
        # Without a store for pauses: a task that a person has to give out simply goes on waiting.
        spine=build_spine(parts, predict, None),
        kind=kind,
        parts=parts,
        boards=boards,
        ledger=ledger,
        reads=lanes.reads,
        writes=lanes.writes,
        clock=clock,
        paused=paused,
    )


def _ways(settings: Settings) -> Ways:
    """How the settings say tasks are read and given out."""
    given = settings.assignment
    relax = given.relax_skills_minutes
    return Ways(
        activity=given.activity_attribute,
        skills=given.skills_attribute,
        relax=None if relax is None else timedelta(minutes=relax),
        longest_hold=timedelta(minutes=given.longest_hold_minutes),
        usual_hours=given.usual_hours,
        cost_weight=given.cost_weight,
    )


def _policy(settings: Settings) -> LivePolicy:
    """The tuned policy of the settings; without one the parameters that a search begins with."""
    path = settings.assignment.policy
    return LivePolicy() if path is None else read_policy(path)
