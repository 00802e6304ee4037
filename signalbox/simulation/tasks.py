"""The event log an episode of the twin would leave behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import beliefs_of, simulate
from signalbox.simulation.plant import (
    ACTIVITY,
    BEGUN,
    CASE,
    ENABLED,
    ENDED,
    FINISHED,
    GROUP,
    READY,
    RECORDED,
    RESOURCE,
    plant_of,
)
from signalbox.simulation.process import Process

_EACH = 8
# Between the seeds of evaluations and those of searches, as that of a log to learn means from.
FIT_SEED = (1 << 39) + (1 << 20)


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks of an episode in order of case and beginning; hours since the first Monday, [n] each.

    ``enabled`` is when what a task waited for was done, ``ready`` when somebody could have begun
    it, ``arrival`` when its case came. ``resource`` is -1 for activities that take no time.
    ``whole`` says whether all cases ended.
    """

    case: np.ndarray
    activity: np.ndarray
    resource: np.ndarray
    group: np.ndarray
    enabled: np.ndarray
    ready: np.ndarray
    begun: np.ndarray
    ended: np.ndarray
    arrival: np.ndarray
    whole: bool


def simulated_tasks(process: Process, policy: Policy, seed: int, cases: int) -> Tasks:
    """The tasks of one episode of ``cases`` cases."""
    state, _ = simulate(
        plant_of(process, detailed=True),
        policy,
        seed,
        beliefs_of(process),
        cases,
        np.inf,
        _EACH * cases,
    )
    rows = state.extra.records[: state.extra.tallied[RECORDED]]
    rows = rows[np.lexsort((rows[:, BEGUN], rows[:, CASE]))]
    return Tasks(
        case=rows[:, CASE].astype(np.int64),
        activity=rows[:, ACTIVITY].astype(np.int64),
        resource=rows[:, RESOURCE].astype(np.int64),
        group=rows[:, GROUP].astype(np.int64),
        enabled=rows[:, ENABLED],
        ready=rows[:, READY],
        begun=rows[:, BEGUN],
        ended=rows[:, ENDED],
        arrival=state.arrival[rows[:, CASE].astype(np.int64)],
        whole=bool(state.tally[FINISHED] == cases),
    )
