"""evals/online.py on streams made up here."""

import pytest

from evals.online import evaluate_online
from signalbox.learning.online.store import write_online
from signalbox.learning.online.walker import OnlineRouter
from tests.learning.online.streams import FixedRouter, small, tickets


def test_every_key_of_eval_routing_and_blocks(tmp_path):
    write_online(tmp_path, tickets(600, noise=0.01), FixedRouter(), small())
    result = evaluate_online(FixedRouter(), tickets(700, seed=1, noise=0.01), tmp_path)
    wanted = {"n", "accuracy", "macro_f1", "coverage", "selective_accuracy", "certified_bound"}
    wanted |= {"observed_bound"}
    wanted |= {"ece", "p50_ms", "p99_ms", "oos_auroc", "oos_recall", "worst_block", "label_delay"}
    assert wanted <= set(result)
    assert result["certified_bound"] is None
    assert 0 < result["observed_bound"] < 0.05
    assert [b["n"] for b in result["blocks"]] == [500, 200]
    assert sum(b["automatic"] for b in result["blocks"]) == result["automatic"]
    assert result["selective_accuracy"] >= 0.95
    assert result["accuracy_interval"][0] <= result["accuracy"] <= result["accuracy_interval"][1]


def test_rows_are_walked_in_time_order():
    table = tickets(120, seed=2)
    mixed = table.take(list(reversed(range(120))))
    results = [
        evaluate_online(FixedRouter(), t, OnlineRouter(FixedRouter(), small(refit=False)))
        for t in (table, mixed)
    ]
    assert results[0]["blocks"] == results[1]["blocks"]


def test_late_labels_leave_the_first_decisions_alone():
    online = OnlineRouter(FixedRouter(0.6), small(refit=False))
    result = evaluate_online(FixedRouter(0.6), tickets(90), online, label_delay=500)
    assert result["label_delay"] == 500
    assert result["coverage"] == 0
    assert result["selective_accuracy"] is None
    assert result["accuracy"] == pytest.approx(0.95, abs=0.08)


def test_the_walk_through_the_history_is_told(tmp_path):
    write_online(tmp_path, tickets(450), FixedRouter(), small())
    heard = []
    evaluate_online(
        FixedRouter(),
        tickets(60, seed=1),
        tmp_path,
        progress=lambda what, share: heard.append((what, share)),
    )
    assert [what for what, _ in heard] == ["walking the history it learned from"] * 3 + [
        "walking the rows"
    ]
    assert all(0 <= share < 1 for _, share in heard)
