from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.gates import judge, read_gate
from evals.metrics import bootstrap, over_runs
from evals.routing import evaluate_routing
from signalbox.domain.errors import BadInput
from signalbox.learning.table import Table
from signalbox.learning.training import learn_routing
from tests.learning.conftest import make_table


@pytest.fixture(scope="module")
def result() -> dict[str, object]:
    router, _ = learn_routing(make_table(400))
    new = make_table(200, seed=50)
    strange = [f"zebra savannah {i}" for i in range(40)]
    blank = {name: ["", *([""] * 49)] for name in new.attributes}
    mixed = Table(
        (new.texts or []) + strange + ["vpn"] * 10,
        {name: v + blank[name] for name, v in new.attributes.items()},
        new.labels + ["elsewhere"] * 40 + ["unheard of"] * 10,
    )
    return evaluate_routing(router, mixed, "elsewhere")


def test_has_the_promised_keys(result: dict[str, object]) -> None:
    keys = "n accuracy macro_f1 coverage selective_accuracy certified_bound ece p50_ms p99_ms"
    assert set(keys.split()) | {"oos_auroc", "oos_recall", "gate"} <= set(result)


def test_out_of_scope_rows_only_measure_scope(result: dict[str, object]) -> None:
    assert result["n"] == 210
    assert result["oos_n"] == 40
    assert float(str(result["oos_auroc"])) > 0.9


def test_unknown_labels_count_as_errors(result: dict[str, object]) -> None:
    assert result["unknown_label_rows"] == 10
    assert float(str(result["accuracy"])) <= 200 / 210


def gate_file(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(content)
    return path


def test_gate_uses_the_cautious_end_of_the_interval(tmp_path: Path) -> None:
    figures = {"accuracy": 0.95, "accuracy_interval": (0.93, 0.96), "p50_ms": 3.0}
    passed = judge(figures, gate_file(tmp_path, "accuracy: {min: 0.92}\np50_ms: {max: 5}"))
    assert passed["passed"]
    assert [check["judged_on"] for check in passed["checks"]] == ["interval", "value"]
    assert not judge(figures, gate_file(tmp_path, "accuracy: {min: 0.94}"))["passed"]
    assert not judge({"ece": None}, gate_file(tmp_path, "ece: {max: 1}"))["passed"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: [", "line 1"),
        ("", "no gates"),
        ("accuracy: 0.9", "min and/or max"),
        ("accuracy: {min: high}", "not a number"),
        ("accuracy: {least: 1}", "min and/or max"),
        ("accuracy:\n\t{min: 0.9}", "line 2.*spaces, not tabs"),
        ("accuracy: {min: 0.9}\naccuracy: {min: 0.1}", "line 2.*given twice"),
        ("accuracy: {min: .9, min: .1}", "line 1.*given twice"),
        ("accuracy: {min: .9, max: .1}", "min is above max"),
        ("accuracy: {min: 2026-13-45}", "no value"),
        ("accuracy: {min: !!bool x}", "no value"),
        ("accuracy: {min: " + "9" * 400 + "}", "not a number"),
        ("a: " + "[" * 5000, "too deep"),
        ("accuracy: \0", "not valid YAML"),
    ],
)
def test_bad_gate_files(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_gate(gate_file(tmp_path, content))


def test_gate_on_an_unknown_figure(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no figure 'acuracy'"):
        judge({"accuracy": 1.0}, gate_file(tmp_path, "acuracy: {min: 0.9}"))


def test_bootstrap_covers_the_mean() -> None:
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = bootstrap(lambda i: float(values[i].mean()), 400)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.2)


def test_over_runs() -> None:
    assert over_runs([1.0, 3.0]) == {"mean": 2.0, "sd": pytest.approx(2**0.5), "min": 1, "max": 3}
