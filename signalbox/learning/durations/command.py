"""Learn from the first two thirds of a log and judge on the rest: what the command line calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.durations.baseline import usual_next
from signalbox.learning.durations.breach import breach_figures
from signalbox.learning.durations.duration import judge
from signalbox.learning.durations.following import NextActivity
from signalbox.learning.durations.samples import (
    TRAIN_SHARE,
    Fold,
    bootstrap,
    fold_of,
    forward_folds,
    split,
)
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log

Progress = Callable[[str, float], None]
COVERAGE = 0.9
PROTOCOL = (
    "trained on the first 2/3 of the cases by start, evaluated on the rest; every prefix of 2 "
    "events or more counts once"
)


def predict_remaining(
    path: Path,
    columns: LogColumns,
    *,
    sla_days: float | None = None,
    coverage: float = COVERAGE,
    drop_duplicates: bool = False,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Figures of the remaining time in days; the last prefix of a case (nothing remains) counts.

    With ``sla_days`` also those of the risk that a case takes longer than that as a whole. Raises
    BadInput and kin for bad data.
    """
    if sla_days is not None and not sla_days > 0:
        raise BadInput("--sla-days must be more than 0", hint="give the days a case may take")
    began, log, fold, inner = _prepared(path, columns, drop_duplicates, progress)
    judged = judge("remaining", fold, inner, coverage=coverage, seed=seed)
    assert judged is not None  # every prefix has a remaining time
    result: dict[str, Any] = judged.figures()
    if sla_days is not None:
        progress("risk", 0.9)
        result["sla"] = breach_figures(judged, fold, sla_days)
    return {**result, **_about(log, began)}


def predict_next(
    path: Path,
    columns: LogColumns,
    *,
    coverage: float = COVERAGE,
    drop_duplicates: bool = False,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Figures of the next activity and of the time until it; prefixes that go on are counted.

    ``interval_coverage`` is that of the time until the next event. Where the log has starts, the
    waiting until the next step is begun and its processing are judged as well.
    """
    began, log, fold, inner = _prepared(path, columns, drop_duplicates, progress)
    result = _next_activity(fold, seed)
    progress("time to the next event", 0.4)
    gap = judge("gap", fold, inner, coverage=coverage, seed=seed)
    assert gap is not None  # `split` has seen to that
    figures = gap.figures()
    result |= {name: figures[name] for name in figures if name.startswith("interval_")}
    result["next_time"] = figures
    if columns.start is not None:
        progress("waiting and processing", 0.7)
        for target in ("waiting", "processing"):
            part = judge(target, fold, inner, coverage=coverage, seed=seed)
            result[target] = part.figures() if part else None
    return {**result, **_about(log, began)}


def _next_activity(fold: Fold, seed: int) -> dict[str, Any]:
    fit, held = fold.fit, fold.held
    known, asked = fit.targets.following != "", held.targets.following != ""
    model = NextActivity(seed=seed).fit(fit.prefixes.X[known], fit.targets.following[known])
    probabilities = model.probabilities(held.prefixes.X[asked])
    said = np.array(model.names, dtype=object)[probabilities.argmax(axis=1)]
    truth = held.targets.following[asked]
    right = (said == truth).astype(float)
    usual = usual_next(
        fit.prefixes.last[known], fit.targets.following[known], held.prefixes.last[asked]
    )
    return {
        "accuracy": float(right.mean()),
        "accuracy_interval": list(bootstrap(right, held.prefixes.case[asked])),
        "baseline": float((usual == truth).mean()),
        "prefixes": int(asked.sum()),
    }


def _prepared(
    path: Path, columns: LogColumns, drop_duplicates: bool, progress: Progress
) -> tuple[float, EventLog, Fold, list[Fold]]:
    began = time.perf_counter()
    progress("reading", 0.0)
    log = read_log(path, columns, drop_duplicates=drop_duplicates)
    train, test = split(log, str(path))
    progress("prefixes", 0.1)
    fold = fold_of(train, test, log)
    inner = list(forward_folds(train))
    progress("learning", 0.3)
    return began, log, fold, inner


def _about(log: EventLog, began: float) -> dict[str, Any]:
    train, test = log.split(TRAIN_SHARE)
    return {
        "cases": len(log),
        "cases_trained": len(train),
        "cases_evaluated": len(test),
        "events": log.events,
        "protocol": PROTOCOL,
        "seconds": round(time.perf_counter() - began, 2),
        "notes": log.notes,
    }
