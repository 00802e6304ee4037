"""Every dialect of R1 x every fault on the wire: a proposal or one typed failure, in time."""

import asyncio

import pytest

from agents.failures import FailureKind
from evals.consulting import consult
from evals.contract import run_matrix, summary
from evals.scripted.results import FAILURES

LATE_S = 3.0


@pytest.mark.slow
def test_every_dialect_and_every_fault(scripted_model):
    cells = asyncio.run(run_matrix(consult, scripted_model.url, deadline_s=3.0, parallel=24))
    wrong = [
        f"{cell.dialect}/{cell.fault}: {cell.complaint}"
        for cell in cells
        # Lateness is judged by the command, on a machine at rest; here only hanging is.
        if cell.complaint and not (cell.result in cell.expected and cell.elapsed_s < 3.0 + LATE_S)
    ]
    assert wrong == []
    assert summary(cells)["cells"] >= 60
    stats = scripted_model.stats()
    assert stats["internal_errors"] == 0
    assert stats["open_connections"] == 0


def test_client_and_equipment_know_the_same_failures():
    assert {kind.value for kind in FailureKind} == FAILURES
