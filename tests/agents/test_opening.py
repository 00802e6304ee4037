"""The shelf of calibrations: what is sound is found, what is not is named at the start."""

import logging

import pytest

from agents.calibration import AgentCalibration
from agents.calibration_store import save_calibration
from agents.features import COLUMNS
from agents.opening import Shelf, check_calibrations
from signalbox.checkup import check_settings, try_language_model
from signalbox.domain.errors import BadModel
from signalbox.settings import read_settings
from tests.agents.labelled import KEY


@pytest.fixture
def saved(tmp_path):
    flat = (0.0,) * len(COLUMNS)
    ones = (1.0,) * len(COLUMNS)
    made = AgentCalibration(
        key=KEY, low=flat, high=ones, centre=flat, scale=ones, weights=flat, offset=0.0,
        samples=(2,), fitted=9,
    )  # fmt: skip
    return save_calibration(made, tmp_path / "cal")


@pytest.fixture
def settings(tmp_path):
    found = read_settings(db=f"sqlite:///{tmp_path / 'desk.db'}")
    found.llm.base_url, found.llm.model = "http://127.0.0.1:9/v1", "r1"
    found.llm.calibrations = tmp_path / "cal"
    return found


def test_a_sound_folder_is_counted_with_its_models(saved, settings):
    assert [one.key for one in check_calibrations(saved.parent)] == [KEY]
    state, detail = try_language_model(settings)
    assert state == "ok" and "1 calibration in" in detail and repr(KEY.model) in detail
    check_settings(settings)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff", b'{"calibration": {}}'])
def test_a_damaged_file_is_named_before_anything_starts(saved, settings, content):
    altered = saved.read_bytes().replace(b'"fitted": 9', b'"fitted": 8')
    saved.write_bytes(altered if content is None else content)
    state, detail = try_language_model(settings)
    assert state == "fail" and saved.name in detail and "fit it again" in detail
    with pytest.raises(BadModel, match=saved.name):
        check_settings(settings)


def test_a_missing_folder_and_a_renamed_file_are_refused(saved, settings):
    saved.rename(saved.with_name("agent-0.json"))
    with pytest.raises(BadModel, match="renamed"):
        check_settings(settings)
    settings.llm.calibrations = saved.parent / "gone"
    with pytest.raises(BadModel, match="no such folder") as caught:
        check_settings(settings)
    assert "SIGNALBOX_LLM__CALIBRATIONS" in caught.value.hint
    assert try_language_model(settings)[0] == "fail"


def test_an_empty_folder_says_that_nothing_is_trusted(settings):
    settings.llm.calibrations.mkdir()
    state, detail = try_language_model(settings)
    assert state == "ok" and "0 calibrations" in detail and "goes to a person" in detail


def test_a_file_that_goes_bad_later_is_no_calibration_and_logged_once(saved, caplog):
    saved.write_text("{}")
    shelf = Shelf(saved.parent)
    with caplog.at_level(logging.ERROR, "agents.opening"):
        assert shelf.find(KEY) is None and shelf.find(KEY) is None
    (told,) = caplog.records
    assert saved.name in told.getMessage()


@pytest.mark.parametrize(("limit", "told"), [(0.0, True), (0.001, True), (1.0, False)])
def test_a_budget_too_small_for_one_question_is_told(settings, limit, told):
    settings.llm.calibrations, settings.llm.budget_usd_per_day = None, limit
    state, detail = try_language_model(settings)
    assert state == "ok" and ("nothing will be asked" in detail) == told
    settings.llm.usd_per_million_out = 0.0
    assert "nothing will be asked" not in try_language_model(settings)[1]
