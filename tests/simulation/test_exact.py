"""A seed keeps its figures: what real processes have was added beside the benchmark forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from signalbox.learning.allocation import parameters
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import beliefs_of, run_episode, simulate
from signalbox.simulation.plant import WAIT_HOURS, plant_of
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from tests.simulation.make import desk, drawn, fork, written

# Seed 11, 300 cases, as they were before processes had details: cycle, wait, utilisation, tasks.
BEFORE = [
    ("desk", "random", 9.858370824635847, 8.927363266832591, 0.9621134503265799, 533),
    ("desk", "fifo", 17.914650578776296, 16.90833993177192, 0.9572850357821394, 533),
    ("desk", "spt", 13.301954307964445, 12.388416559687295, 0.9598630190827303, 533),
    ("desk", "ratio", 6.448062765528161, 5.687456971734672, 0.8947093664848185, 533),
    ("fork", "random", 3.013333033490913, 2.436475418962354, 0.5408439412253607, 600),
    ("fork", "fifo", 2.7490953039474975, 2.2646244603309063, 0.5416934719793658, 600),
    ("fork", "index", 2.3535536336796445, 1.6277607355934613, 0.4924296073672493, 600),
    ("drawn", "random", 2.0816075538108203, 0.9424890726781677, 0.16683258194715014, 967),
    ("drawn", "fifo", 2.109110768056453, 0.988530080008803, 0.1642284247368625, 967),
    ("drawn", "index", 1.9250007735060117, 0.8983548622796639, 0.15054552030530752, 967),
]


def _process(name: str, folder: Path) -> Process:
    if name == "drawn":
        return drawn(7)
    value = desk() if name == "desk" else {"fork": fork()}
    return read_processes(written(folder, value))[name]


@pytest.mark.parametrize(("name", "rule", "cycle", "wait", "busy", "tasks"), BEFORE)
def test_the_figures_of_a_seed_are_those_of_before(
    tmp_path: Path, name: str, rule: str, cycle: float, wait: float, busy: float, tasks: int
) -> None:
    process = _process(name, tmp_path)
    policy = Policy(rule, parameters.start(len(process.activities)))
    run = run_episode(process, policy, 11, cases=300)
    assert run.cycle.mean() == pytest.approx(cycle, rel=1e-9)
    assert run.wait == pytest.approx(wait, rel=1e-9)
    assert run.utilisation == pytest.approx(busy, rel=1e-9)
    assert run.decisions == tasks


@pytest.mark.parametrize("name", ["desk", "fork", "drawn"])
def test_the_loop_of_real_processes_gives_a_plain_one_the_same_episode(
    tmp_path: Path, name: str
) -> None:
    process = _process(name, tmp_path)
    assert process.is_plain
    plain, real = (
        simulate(
            plant_of(process, detailed=detailed),
            Policy("random"),
            4,
            beliefs_of(process),
            200,
            np.inf,
        )[0]
        for detailed in (False, True)
    )
    assert (plain.cycle == real.cycle).all()
    assert (plain.served == real.served).all()
    assert plain.total == pytest.approx(real.total)
    assert real.extra.waited.sum() == pytest.approx(plain.total[WAIT_HOURS])
