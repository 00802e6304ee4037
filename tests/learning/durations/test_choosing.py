"""Which kind of model is taken, and what is said where there is no choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalbox.domain.errors import BadInput, MissingExtra
from signalbox.learning.durations import choosing, kinds
from signalbox.learning.durations.choosing import choose_duration, choose_next
from signalbox.learning.durations.command import predict_next, predict_remaining
from signalbox.learning.durations.forest import QuantileForest
from signalbox.learning.durations.learning import learn_durations
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.samples import Fold, forward_folds
from signalbox.learning.logs.columns import LogColumns
from tests.learning.durations.logs import as_csv, imported_by, made_up

COLUMNS = LogColumns("case", "activity", "time")
needs_torch = pytest.mark.skipif(
    not kinds.torch_available(), reason="the extra 'torch' is not installed"
)


@pytest.fixture(scope="module")
def folds() -> list[Fold]:
    return list(forward_folds(made_up(120)))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(as_csv(made_up(90)))
    return path


class Worse(QuantileForest):
    """A forest that is always a year off: the same interface, and clearly behind."""

    def quantiles(self, *asked: Any) -> np.ndarray:
        return super().quantiles(*asked) + 365.0


def given(monkeypatch: pytest.MonkeyPatch, classes: Mapping[str, type]) -> None:
    monkeypatch.setattr(choosing, "candidates", lambda asked: tuple(classes))
    monkeypatch.setattr(choosing, "duration_class", lambda kind: classes[kind])


@pytest.mark.parametrize("order", [("one", "other"), ("other", "one")])
def test_the_smaller_error_on_later_cases_decides(
    folds: list[Fold], monkeypatch: pytest.MonkeyPatch, order: tuple[str, str]
) -> None:
    classes: dict[str, type] = {"one": Worse, "other": QuantileForest}
    given(monkeypatch, {name: classes[name] for name in order})
    chosen = choose_duration("remaining", folds, Method("auto"))
    assert chosen is not None and chosen.kind == "other"
    assert chosen.compared["one"] > 300 > chosen.compared["other"]
    held = [len(fold.held) for fold in folds]
    assert [len(scores) for scores in chosen.scores] == held


def test_the_first_is_kept_where_none_is_better(
    folds: list[Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, {"one": QuantileForest, "other": QuantileForest})
    chosen = choose_duration("gap", folds, Method("auto"))
    assert chosen is not None and chosen.kind == "one"


def test_a_duration_that_no_case_has_is_not_learned() -> None:
    assert choose_duration("processing", _without_starts(), Method()) is None


def _without_starts() -> list[Fold]:
    found = []
    for fold in forward_folds(made_up(60)):
        for sample in (fold.fit, fold.held):
            sample.targets.processing[:] = np.nan
        found.append(fold)
    return found


@needs_torch
def test_both_kinds_are_compared_and_both_figures_told(log: Path, folds: list[Fold]) -> None:
    result = predict_remaining(log, COLUMNS, Method("auto"))
    assert set(result["model_compared"]) == {"forest", "torch"}
    best = min(result["model_compared"], key=result["model_compared"].get)
    assert result["model"] == best
    following = choose_next(folds, Method("auto"))
    assert following.compared[following.kind] == max(following.compared.values())


@needs_torch
def test_a_network_is_kept_and_read_back(log: Path, tmp_path: Path) -> None:
    from signalbox.learning.durations.learned import load_learned
    from signalbox.learning.durations.running import predict_cases

    report = learn_durations(log, tmp_path / "model", COLUMNS, Method("torch"), sla_days=3)
    assert (report["model"], report["next_model"]) == ("torch", "torch")
    learned = load_learned(tmp_path / "model")
    rows: Prefixes = learned.encoder.rows(made_up(90))
    found = learned.remaining.quantiles(rows, np.arange(len(rows)), (0.5,))
    assert np.isfinite(found).all() and (found >= 0).all()
    told = predict_cases(tmp_path / "model", log, named={}, at="2026-01-20")
    assert told["model"] == "torch" and told["cases_running"] == len(told["running"]) > 0


def test_without_torch_auto_says_so_and_torch_names_the_extra(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "torch_available", lambda: False)
    result = predict_next(log, COLUMNS, Method("auto"))
    assert result["model"] == "forest"
    assert any("PyTorch is not installed" in note for note in result["notes"])
    assert not any("PyTorch" in note for note in predict_next(log, COLUMNS)["notes"])
    with pytest.raises(MissingExtra) as caught:
        predict_remaining(log, COLUMNS, Method("torch"))
    assert "pip install 'signalbox[torch]'" in caught.value.hint
    assert caught.value.exit_code == 2
    with pytest.raises(MissingExtra):
        learn_durations(log, tmp_path / "model", COLUMNS, Method("torch"))
    assert not (tmp_path / "model").exists()


def test_an_unknown_kind_is_refused(log: Path) -> None:
    with pytest.raises(BadInput, match="'lstm' is unknown") as caught:
        predict_remaining(log, COLUMNS, Method("lstm"))
    assert "auto, forest, torch" in caught.value.hint


def test_the_forest_does_not_import_torch(log: Path) -> None:
    code = (
        "from pathlib import Path; import signalbox.cli;"
        "from signalbox.learning.durations.command import predict_next;"
        "from signalbox.learning.logs.columns import LogColumns;"
        f"predict_next(Path({str(log)!r}), LogColumns('case', 'activity', 'time'))"
    )
    assert imported_by(code, "torch", "numba") == set()
    assert imported_by(code, "sklearn") == {"sklearn"}
