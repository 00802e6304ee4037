"""Evaluate a learned router on rows it has not seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from evals.metrics import bootstrap
from signalbox.learning.measures import (
    accuracy,
    auroc,
    coverage_at_accuracy,
    ece,
    macro_f1,
    wilson,
)
from signalbox.learning.risk import clopper_pearson_upper
from signalbox.learning.router import Router, RouterBatch
from signalbox.learning.table import Table

TIMED = 300
_BATCH = 500


def evaluate_routing(
    router: Router,
    table: Table,
    out_of_scope: str | None = None,
    *,
    dense: np.ndarray | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """The figures of ``eval routing``; shares lie in [0, 1], times are per item.

    Rows labelled ``out_of_scope`` only measure ``oos_auroc`` and ``oos_recall``. A row whose
    label the router never learned counts as an error (``unknown_label_rows``).
    ``certified_bound`` is the one the router was certified with; ``observed_bound`` is the exact
    upper limit from these rows. ``dense`` passes embeddings computed before.
    """
    batch = _predict(router, table, dense, progress)
    truth = np.asarray(table.labels, dtype=str)
    inside = truth != out_of_scope if out_of_scope is not None else np.ones(len(truth), bool)
    said = np.asarray(batch.labels, dtype=str)[inside]
    truth = truth[inside]
    confidence, automatic = batch.confidence[inside], batch.automatic[inside]
    correct = said == truth
    n, taken = len(truth), int(automatic.sum())
    hits, right = int(correct.sum()), int(correct[automatic].sum())
    target = 1 - router.certificate.target_error
    ceiling, _ = coverage_at_accuracy(confidence, correct, target)
    seconds = _time_each(router, table)
    result: dict[str, Any] = {
        "n": n,
        "accuracy": accuracy(truth, said),
        "accuracy_interval": wilson(hits, n),
        "macro_f1": macro_f1(truth, said),
        "macro_f1_interval": bootstrap(lambda i: macro_f1(truth[i], said[i]), n, draws=50),
        "coverage": taken / n if n else 0.0,
        "coverage_interval": wilson(taken, n),
        "selective_accuracy": right / taken if taken else None,
        "selective_accuracy_interval": wilson(right, taken) if taken else None,
        "certified_bound": router.certificate.bound,
        "observed_bound": clopper_pearson_upper(taken - right, taken) if taken else None,
        "coverage_ceiling": ceiling,
        "ece": ece(confidence, correct),
        "ece_interval": bootstrap(lambda i: ece(confidence[i], correct[i]), n, draws=200),
        "p50_ms": float(np.percentile(seconds, 50) * 1000),
        "p99_ms": float(np.percentile(seconds, 99) * 1000),
        "unknown_label_rows": int(np.sum(~np.isin(truth, router.classes))),
        "in_scope_rejected": float(np.mean(~batch.in_scope[inside])) if n else None,
        "oos_n": int(np.sum(~inside)),
        "oos_auroc": None,
        "oos_recall": None,
        "oos_automatic": None,
        "gate": None,
    }
    if (~inside).any():
        result |= _out_of_scope(batch, inside)
    return result


def _out_of_scope(batch: RouterBatch, inside: np.ndarray) -> dict[str, Any]:
    score = batch.scope_score
    outside = ~inside
    caught = int(np.sum(~batch.in_scope[outside]))
    here, there = score[inside], score[outside]

    def resampled(rows: np.ndarray) -> float:
        chosen = outside[rows]
        return auroc(score[rows][~chosen], score[rows][chosen])

    return {
        "oos_auroc": auroc(here, there),
        "oos_auroc_interval": bootstrap(resampled, len(score), draws=200),
        "oos_recall": caught / int(outside.sum()),
        "oos_recall_interval": wilson(caught, int(outside.sum())),
        "oos_automatic": float(np.mean(batch.automatic[outside])),
    }


def _predict(
    router: Router,
    table: Table,
    dense: np.ndarray | None,
    progress: Callable[[str, float], None],
) -> RouterBatch:
    parts = []
    for start in range(0, len(table), _BATCH):
        progress("deciding", start / len(table))
        rows = table.take(range(start, min(start + _BATCH, len(table))))
        part = None if dense is None else dense[start : start + _BATCH]
        parts.append(router.predict(rows.texts, rows.attributes or None, dense=part))
    return RouterBatch(
        router.classes,
        [label for part in parts for label in part.labels],
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("probabilities", "confidence", "scope_score", "in_scope", "automatic")
        ),
    )


def _time_each(router: Router, table: Table) -> np.ndarray:
    """Seconds of single decisions on an even sample, warmed up first."""
    rows = np.unique(np.linspace(0, len(table) - 1, TIMED).astype(int))
    out = np.empty(len(rows))
    for j, i in enumerate([rows[0], *rows]):
        text = None if table.texts is None else table.texts[i]
        attributes = {name: values[i] for name, values in table.attributes.items()}
        start = time.perf_counter()
        router.predict_one(text, attributes)
        if j:
            out[j - 1] = time.perf_counter() - start
    return out
