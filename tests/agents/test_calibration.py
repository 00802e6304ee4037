from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.calibration import AgentCalibration, CalibrationKey, judge
from agents.calibration_store import load_calibration, path_of, save_calibration
from agents.features import Features
from agents.fitting import fit_calibration
from signalbox.domain.base import digest_of
from signalbox.domain.errors import BadModel
from signalbox.domain.prediction import Proposal
from tests.agents.labelled import KEY, cases, informed, some_features

OTHER_KEYS = [
    KEY.model_copy(update={name: "other"}) for name in ("model", "prompt_version", "dialect")
]


@pytest.fixture(scope="module")
def fitted() -> AgentCalibration:
    made = fit_calibration(cases(3, 1_500, informed), KEY)
    assert made.certificate.threshold is not None
    return made


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_for_another_model_prompt_or_dialect_there_is_no_confidence(
    fitted: AgentCalibration, key: CalibrationKey, tmp_path: Path
) -> None:
    save_calibration(fitted, tmp_path)
    assert load_calibration(tmp_path, key) is None
    features = some_features(np.random.default_rng(1))
    for calibration in (fitted, None):
        found = judge(features, calibration, key)
        assert (found.confidence, found.calibrated, found.certified) == (None, False, False)
        assert "not calibrated" in found.reason


def test_one_sample_is_not_judged_by_what_was_learned_from_two(fitted: AgentCalibration) -> None:
    found = judge(some_features(np.random.default_rng(1), samples=1), fitted, KEY)
    assert (found.confidence, found.calibrated, found.certified) == (None, False, False)
    assert "1 sample" in found.reason


def test_certified_from_the_threshold_upward_and_not_below(fitted: AgentCalibration) -> None:
    threshold = fitted.certificate.threshold
    assert threshold is not None
    rng = np.random.default_rng(2)
    kinds = set()
    for features in (some_features(rng) for _ in range(300)):
        found = judge(features, fitted, KEY)
        assert found.confidence == fitted.confidence(features)
        assert found.certified == (found.confidence >= threshold)
        assert found.bound == (fitted.certificate.bound if found.certified else None)
        kinds.add(found.certified)
    assert kinds == {True, False}


@given(
    log_tokens=st.floats(0, 1e300),
    hedges=st.floats(0, 1e300),
    bin=st.floats(0, 1),
    local=st.floats(0, 1),
)
def test_nothing_is_extrapolated(
    log_tokens: float, hedges: float, bin: float, local: float
) -> None:
    fitted = _small()
    features = Features(
        choice="a",
        samples=2,
        agree=1,
        differ=0,
        bin=bin,
        log_tokens=log_tokens,
        hedges=hedges,
        local_agrees=1,
        local_probability=local,
    )
    at_the_edge = {
        name: min(max(value, low), high)
        for name, value, low, high in zip(
            fitted.columns, features.vector, fitted.low, fitted.high, strict=True
        )
    }
    assert fitted.confidence(features) == fitted.confidence(features.model_copy(update=at_the_edge))
    assert 0 < fitted.confidence(features) < 1


_MADE: list[AgentCalibration] = []


def _small() -> AgentCalibration:
    if not _MADE:
        _MADE.append(fit_calibration(cases(9, 200, informed), KEY))
    return _MADE[0]


def test_it_survives_the_disk_to_the_last_digit(fitted: AgentCalibration, tmp_path: Path) -> None:
    path = save_calibration(fitted, tmp_path / "new" / "folder")
    assert load_calibration(path.parent, KEY) == fitted
    again = fitted.model_copy(update={"fitted": 7})
    assert save_calibration(again, path.parent) == path
    assert load_calibration(path.parent, KEY) == again
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_what_was_altered_damaged_renamed_or_made_by_another_version_is_refused(
    fitted: AgentCalibration, tmp_path: Path
) -> None:
    path = save_calibration(fitted, tmp_path)
    whole = path.read_text(encoding="utf-8")
    stored = json.loads(whole)

    def refused(text: str, match: str) -> None:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadModel, match=match) as raised:
            load_calibration(tmp_path, KEY)
        assert str(path) in raised.value.message and raised.value.hint

    lower = json.loads(whole)
    lower["calibration"]["certificate"]["threshold"] = 0.0
    refused(json.dumps(lower), "checksum")
    refused(whole[: len(whole) // 2], "not a calibration")
    refused("[]", "not a calibration")
    refused('{"sha256": 1, "calibration": NaN}', "not a calibration|checksum")
    newer = stored["calibration"] | {"format": 2}
    refused(json.dumps({"sha256": digest_of(newer), "calibration": newer}), "another version")
    other = path_of(tmp_path, OTHER_KEYS[0])
    other.write_text(whole, encoding="utf-8")
    with pytest.raises(BadModel, match="is for 'deepseek-r1'"):
        load_calibration(tmp_path, OTHER_KEYS[0])


def test_a_proposal_cannot_claim_a_certificate_without_a_calibrated_confidence() -> None:
    for claim in ({}, {"calibrated": True}, {"confidence": 0.99}):
        with pytest.raises(ValidationError, match="needs a calibrated confidence"):
            Proposal(option="a", certified=True, **claim)  # type: ignore[arg-type]
    assert Proposal(option="a", certified=True, calibrated=True, confidence=0.99).certified


def test_a_proposal_says_what_was_judged_and_no_more(fitted: AgentCalibration) -> None:
    rng = np.random.default_rng(5)
    for features in (some_features(rng) for _ in range(100)):
        for calibration in (fitted, None):
            judged = judge(features, calibration, KEY)
            made = judged.proposal(KEY, reasons=("because",), evidence=("E1",), cost_usd=0.01)
            assert (made.option, made.model) == (features.choice, KEY.model)
            assert made.prompt_version == KEY.prompt_version
            assert made.certified == judged.certified
            assert bool(made.doubt) != made.certified
            if calibration is None:
                assert (made.confidence, made.calibrated, made.certified) == (None, False, False)


def test_a_calibration_of_all_cases_is_kept_apart(fitted: AgentCalibration, tmp_path: Path) -> None:
    hard = save_calibration(fitted, tmp_path)
    everything = save_calibration(fitted.model_copy(update={"cases": "all"}), tmp_path)
    assert hard != everything and load_calibration(tmp_path, KEY) == fitted
    found = load_calibration(tmp_path, KEY, "all")
    assert found is not None and found.cases == "all"
    hard.write_bytes(everything.read_bytes())
    with pytest.raises(BadModel, match="all cases"):
        load_calibration(tmp_path, KEY)
