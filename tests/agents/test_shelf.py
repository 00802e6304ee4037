"""Calibrations on disk while an engine runs: made anew, damaged, taken away."""

from __future__ import annotations

from agents.calibration import CalibrationKey
from agents.calibration_store import save_calibration
from agents.opening import Shelf
from tests.agents.certified import certifying

KEY = CalibrationKey(model="r1", prompt_version="routing-1", dialect="vllm")


def test_what_lies_in_the_folder_is_what_counts(tmp_path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.find(KEY) is None
    path = save_calibration(certifying()(KEY), tmp_path)
    found = shelf.find(KEY)
    assert found is not None and shelf.find(KEY) is found
    save_calibration(certifying(candidates=3)(KEY), tmp_path)
    again = shelf.find(KEY)
    assert again is not None and again.candidates == 3
    path.write_text(path.read_text().replace("0.5", "0.1"))
    assert shelf.find(KEY) is None
    save_calibration(certifying()(KEY), tmp_path)
    assert shelf.find(KEY) == found
    path.unlink()
    assert shelf.find(KEY) is None
