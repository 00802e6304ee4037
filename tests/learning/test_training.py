from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from signalbox.domain.errors import BadInput
from signalbox.learning.folds import forward, stratified
from signalbox.learning.report import LearnReport
from signalbox.learning.router import Router
from signalbox.learning.table import Table
from signalbox.learning.training import LearnConfig, fit_members, learn_routing
from tests.learning.conftest import make_table


def test_report_agrees_with_new_rows(learned: tuple[Router, LearnReport]) -> None:
    router, report = learned
    new = make_table(1000, seed=20)
    batch = router.predict(new.texts, new.attributes)
    hits = np.array(batch.labels) == np.array(new.labels)
    assert report.accuracy == pytest.approx(hits.mean(), abs=0.03)
    assert report.coverage == pytest.approx(batch.automatic.mean(), abs=0.08)
    assert report.certified_bound is not None and report.certified_bound <= 0.05
    data = json.loads(json.dumps(report.to_json()))
    assert {"n", "labels", "accuracy", "coverage", "selective_accuracy"} <= set(data)
    assert {"certified_bound", "ece", "fit_seconds", "model_dir"} <= set(data)
    assert [row["label"] for row in data["per_label"]] == router.classes


def test_same_seed_same_router(table: Table, router: Router) -> None:
    again, _ = learn_routing(table, LearnConfig())
    new = make_table(50, seed=21)
    a, b = router.predict(new.texts, new.attributes), again.predict(new.texts, new.attributes)
    assert np.array_equal(a.probabilities, b.probabilities)


def test_hopeless_labels_certify_nothing_and_say_so() -> None:
    table = make_table(300, noise=1.0)
    router, report = learn_routing(table)
    assert router.certificate.threshold is None
    assert report.selective_accuracy is None
    assert report.coverage == 0
    assert any("cannot be certified" in warning for warning in report.warnings)
    assert not router.predict(table.texts, table.attributes).automatic.any()


def test_rare_labels_are_kept_and_reported() -> None:
    table = make_table(300)
    labels = ["seldom" if i < 3 else label for i, label in enumerate(table.labels)]
    router, report = learn_routing(replace(table, labels=labels))
    assert "seldom" in router.classes
    assert any("seldom" in warning for warning in report.warnings)


def test_attributes_alone() -> None:
    table = replace(make_table(600), texts=None, columns={})
    router, report = learn_routing(table)
    assert report.accuracy > 0.75
    assert router.predict_one(None, {"site": "site 2"}).labels == [router.classes[2]]


def test_in_time_order_only_the_past_is_learned_from() -> None:
    table = make_table(500)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=i) for i in range(500)]
    shuffled = np.random.default_rng(0).permutation(500)
    _, ordered = learn_routing(replace(table, times=times))
    _, mixed = learn_routing(replace(table, times=times).take(shuffled))
    assert ordered.accuracy == mixed.accuracy
    assert ordered.method.startswith("forward in time")
    assert ordered.held_out < len(table)


def test_forward_splits_never_look_ahead() -> None:
    splits = list(forward(103, 6))
    assert len(splits) == 5
    for fit, held in splits:
        assert fit.max() < held.min()
    assert splits[-1][1][-1] == 102


def test_stratified_folds_share_out_every_label() -> None:
    y = np.repeat([0, 1, 2], [50, 20, 5])
    splits = stratified(y, 5, 0)
    assert sorted(np.concatenate([held for _, held in splits])) == list(range(75))
    for fit, held in splits:
        assert not set(fit) & set(held)
        assert np.bincount(y[held], minlength=3).tolist() == [10, 4, 1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": ["a"] * 400}, "one label"),
        ({"texts": None, "attributes": {}}, "neither text nor attributes"),
    ],
)
def test_refuses_what_cannot_be_learned(table: Table, change: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        learn_routing(replace(table, **change))  # type: ignore[arg-type]


def test_refuses_too_few_rows_and_silly_targets(table: Table) -> None:
    with pytest.raises(BadInput, match="too few"):
        learn_routing(table.take(range(10)))
    with pytest.raises(BadInput, match="target accuracy"):
        learn_routing(table, LearnConfig(target_accuracy=1.0))


def test_cheap_refit_takes_new_labels_and_certifies_nothing(router: Router) -> None:
    more = make_table(200, seed=22)
    labels = ["new" if i % 5 == 0 else label for i, label in enumerate(more.labels)]
    again = fit_members(replace(more, labels=labels), features=router.features, head=router.head)
    assert "new" in again.classes
    batch = again.predict(more.texts, more.attributes)
    assert not batch.automatic.any()
    assert batch.probabilities.shape == (200, 5)
    assert again.raw_scores(more.texts, more.attributes).shape == (200, 5)


def test_progress_only_moves_forward(table: Table) -> None:
    seen: list[float] = []
    learn_routing(table, LearnConfig(), lambda _step, done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
