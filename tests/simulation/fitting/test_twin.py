"""A twin of a log whose process is known comes near that process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.logs.log import EventLog, Trace
from signalbox.simulation.fitting.report import fit_report
from signalbox.simulation.fitting.twin import CREW, ESTIMATED, fit_twin
from signalbox.simulation.tasks import simulated_tasks
from tests.simulation.make import OFFICE, as_log, delayed_by, office


@pytest.fixture(scope="module")
def log() -> EventLog:
    return as_log(office(), 600)


def test_the_parts_of_a_known_process_are_found(log: EventLog) -> None:
    truth, found = office(), fit_twin(log, "made-up").process
    assert found.activities == ("check", "mend", "take")
    order = [truth.activities.index(name) for name in found.activities]
    assert (np.isfinite(found.means) == np.isfinite(truth.means[order])).all()
    seen = np.isfinite(found.means)
    assert found.means[seen] == pytest.approx(truth.means[order][seen], rel=0.2)
    assert (found.details.calendars[:, OFFICE]).mean() > 0.97
    assert (found.details.calendars[:, ~OFFICE]).mean() < 0.03
    assert found.interarrival == pytest.approx(truth.interarrival, rel=0.1)
    assert found.details.rates[~OFFICE].sum() == 0
    assert found.visits() == pytest.approx(truth.visits()[order], rel=0.1)


def test_its_cases_take_as_long(log: EventLog) -> None:
    report = fit_report(log, "made-up")
    assert report["distance"]["mean_ratio"] == pytest.approx(1, abs=0.25)
    assert report["distance"]["activities"] < 0.1
    assert report["distance"]["arrivals_by_hour"] < 0.2
    assert report["cases_per_week"]["twin"] == pytest.approx(40, rel=0.15)
    assert report["noise"]["mean_ratio"] >= 1


def test_waiting_for_more_than_people_is_found() -> None:
    slow = office(**delayed_by([10.0, 20.0, 90.0], 3))
    log = as_log(slow, 400)
    found = fit_twin(log, "slow").process
    cycles = []
    for process in (slow, found):
        tasks = simulated_tasks(process, Policy("fifo"), 9, 400)
        firsts = np.flatnonzero(np.diff(tasks.case, prepend=-1))
        cycles.append(np.maximum.reduceat(tasks.ended, firsts) - tasks.begun[firsts])
    assert cycles[1].mean() == pytest.approx(cycles[0].mean(), rel=0.2)
    assert np.quantile(cycles[1], 0.9) == pytest.approx(np.quantile(cycles[0], 0.9), rel=0.2)


def test_completions_alone_are_enough_and_said_to_be_an_estimate() -> None:
    log = as_log(office(), 400, starts=False)
    fitted = fit_twin(log, "completions")
    assert ESTIMATED in fitted.notes
    report = fit_report(log, "completions")
    assert report["distance"]["mean_ratio"] == pytest.approx(1, abs=0.35)


def test_a_log_without_names_has_a_crew(log: EventLog) -> None:
    traces = [
        Trace(t.case, [replace(event, resource="") for event in t.events]) for t in log.traces
    ]
    fitted = fit_twin(EventLog(traces), "nameless")
    assert CREW in fitted.notes
    # As many as ever work at once, of whom there are three.
    assert 1 <= len(fitted.process.resources) <= 3


def test_a_few_cases_are_refused(log: EventLog) -> None:
    with pytest.raises(BadInput, match="too few"):
        fit_twin(EventLog(log.traces[:19]), "short")
    with pytest.raises(BadInput, match="hold some of them out"):
        fit_report(EventLog(log.traces[:30]), "short")
