"""Walk a table in time order with feedback and measure what the online mode promised and kept."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.learning.measures import accuracy, coverage_at_accuracy, ece, macro_f1, wilson
from signalbox.learning.online.base import BaseRouter
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.decision import OnlineDecision
from signalbox.learning.online.store import load_online
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.table import Table

BLOCK = 500
Progress = Callable[[str, float], None]
FEWEST_IN_BLOCK = 20  # automatic rows below which a block's accuracy says nothing


def walk(
    online: OnlineRouter,
    table: Table,
    *,
    label_delay: int = 0,
    progress: Progress = lambda what, share: None,
) -> tuple[list[OnlineDecision], np.ndarray]:
    """Decide every row of ``table`` in its order; returns the decisions and seconds each took.

    The true label of a row is fed back once ``label_delay`` further rows have been decided. The
    fixed router's answers and the embeddings are computed in one batch beforehand: neither
    learns, so nothing leaks. Their share of a row's time is added back.
    """
    n = len(table)
    start = time.perf_counter()
    vectors: Any = None
    if online.encoder is not None and table.texts is not None:
        vectors = online.encoder.encode(table.texts)
    batch = None
    if online.router is not None:
        batch = online.router.predict(table.texts, table.attributes, dense=vectors)
    shared = (time.perf_counter() - start) / max(1, n)
    decisions: list[OnlineDecision] = []
    seconds = np.empty(n)
    waiting: deque[tuple[str, str]] = deque()
    for i in range(n):
        start = time.perf_counter()
        decision = online.decide(
            None if table.texts is None else table.texts[i],
            {name: values[i] for name, values in table.attributes.items()},
            None if table.times is None else table.times[i],
            probabilities=None if batch is None else np.asarray(batch.probabilities[i]),
            certified=False if batch is None else bool(batch.automatic[i]),
            vector=None if vectors is None else vectors[i],
        )
        seconds[i] = time.perf_counter() - start + shared
        decisions.append(decision)
        waiting.append((decision.id, table.labels[i]))
        if len(waiting) > label_delay:
            online.feed_back(*waiting.popleft())
        if i % 100 == 0:
            progress("walking the rows", i / n)
    return decisions, seconds


def blocks_of(
    correct: np.ndarray, automatic: np.ndarray, size: int = BLOCK
) -> list[dict[str, Any]]:
    """Accuracy, coverage and selective accuracy of every ``size`` rows in turn."""
    out = []
    for start in range(0, len(correct), size):
        hit, auto = correct[start : start + size], automatic[start : start + size]
        out.append(
            {
                "from": start,
                "n": len(hit),
                "accuracy": float(hit.mean()),
                "automatic": int(auto.sum()),
                "coverage": float(auto.mean()),
                "selective_accuracy": float(hit[auto].mean()) if auto.any() else None,
            }
        )
    return out


def measure(
    table: Table,
    decisions: list[OnlineDecision],
    seconds: np.ndarray,
    *,
    label_delay: int,
    known: frozenset[str] = frozenset(),
    certified_bound: float | None = None,
) -> dict[str, Any]:
    """The figures of one walk: keys of ``eval routing`` and those only a stream has.

    ``certified_bound`` is that of the certificate; ``observed_bound`` is the last one shown.
    """
    truth = np.array(table.labels, dtype=str)
    said = np.array([d.label for d in decisions], dtype=str)
    correct = truth == said
    automatic = np.array([d.automatic for d in decisions], bool)
    confidence = np.array([d.probability for d in decisions])
    hits, taken = int(correct[automatic].sum()), int(automatic.sum())
    ceiling, _ = coverage_at_accuracy(confidence, correct, 0.95)
    blocks = blocks_of(correct, automatic)
    telling = [b for b in blocks if b["automatic"] >= FEWEST_IN_BLOCK]
    levels = [d.level for d in decisions]
    falls = sum(a == "automatic" and b == "suggest" for a, b in pairwise(levels))
    new = np.array([label not in known for label in table.labels], bool)
    return {
        "n": len(truth),
        "accuracy": accuracy(truth, said),
        "accuracy_interval": wilson(int(correct.sum()), len(truth)),
        "macro_f1": macro_f1(truth, said),
        "coverage": float(automatic.mean()),
        "automatic": taken,
        "selective_accuracy": hits / taken if taken else None,
        "selective_accuracy_interval": wilson(hits, taken) if taken else None,
        "certified_bound": certified_bound,
        "observed_bound": decisions[-1].observed_bound,
        "ece": ece(confidence, correct),
        "p50_ms": float(np.percentile(seconds, 50) * 1000),
        "p99_ms": float(np.percentile(seconds, 99) * 1000),
        "oos_auroc": None,
        "oos_recall": None,
        "coverage_ceiling": ceiling,
        "label_delay": label_delay,
        "autonomy_falls": falls,
        "suggest_share": float(np.mean([level == "suggest" for level in levels])),
        "rows_of_new_labels": int(new.sum()) if known else 0,
        "accuracy_on_new_labels": float(correct[new].mean()) if known and new.any() else None,
        "blocks": blocks,
        "worst_block": min(telling, key=lambda b: b["selective_accuracy"]) if telling else None,
    }


def evaluate_online(
    router: BaseRouter | None,
    table: Table,
    online: str | Path | OnlineRouter,
    *,
    config: OnlineConfig | None = None,
    encoder: Any = None,
    label_delay: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Walk ``table``, oldest row first; ``online`` is a model folder or a router to go on with.

    ``coverage_ceiling`` is read off the very rows it describes (what the ranking would allow);
    ``certified_bound`` is the one the router was certified with, ``observed_bound`` the last one
    shown, over the last 500 automatic rows.
    """
    if not isinstance(online, OnlineRouter):
        online = load_online(
            online,
            router,
            config,
            encoder=encoder,
            progress=lambda share: progress("walking the history it learned from", share),
        )
    learner = online.learner
    labels = learner.labels if learner is not None else list(router.classes) if router else []
    known = frozenset(labels)
    table = table.in_time_order()
    decisions, seconds = walk(online, table, label_delay=label_delay, progress=progress)
    return measure(
        table,
        decisions,
        seconds,
        label_delay=label_delay,
        known=known,
        certified_bound=getattr(getattr(router, "certificate", None), "bound", None),
    )
