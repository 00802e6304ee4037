import numpy as np
import pytest

from evals.benchmarks.incidents import against_people, run
from tests.learning.online.streams import small
from tests.shared_data import shared


def test_saved_and_spoilt_rows_are_told_apart():
    truth = np.array(["a", "a", "b", "b"])
    first = np.array(["a", "b", "b", "a"])
    said = np.array(["a", "a", "a", "b"])
    automatic = np.array([True, True, True, False])
    found = against_people(said, automatic, truth, first, np.array([0.0, 3.0, 0.0, 1.0]))
    assert found["people_accuracy"] == 0.5
    assert (found["mis_sends_avoided"], found["mis_sends_added"]) == (1, 1)
    assert found["hand_overs_saved"] == pytest.approx(3 - 2)


@pytest.mark.shared
@pytest.mark.slow
def test_a_stretch_of_real_incidents():
    data = shared("routing/uci_incidents_first75.csv.gz")
    found = run(data, 0.06, 0.08, 0, small())
    assert found["n"] > 300
    assert found["accuracy"] > 0.3
    assert 0.4 < found["people_accuracy"] < 0.9
