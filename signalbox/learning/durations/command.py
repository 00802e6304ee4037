"""Learn from the first two thirds of a log and judge on the rest: what the command line calls."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.durations.baseline import usual_next
from signalbox.learning.durations.breach import breach_figures
from signalbox.learning.durations.choosing import choose_next
from signalbox.learning.durations.duration import judge
from signalbox.learning.durations.kinds import next_class
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.model import Progress, part
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

PROTOCOL = (
    "trained on the first 2/3 of the cases by start, evaluated on the rest; every prefix of 2 "
    "events or more counts once"
)


def predict_remaining(
    path: Path,
    columns: LogColumns,
    method: Method | None = None,
    *,
    sla_days: float | None = None,
) -> dict[str, Any]:
    """Figures of the remaining time in days; the last prefix of a case (nothing remains) counts.

    With ``sla_days`` also those of the risk that a case takes longer than that as a whole.
    Raises BadInput and kin for bad data.
    """
    check_sla(sla_days)
    method = method or Method()
    began, log, fold, inner = _prepared(path, columns, method)
    judged = judge("remaining", fold, inner, method, part(method.progress, 0.3, 0.9))
    assert judged is not None  # every prefix has a remaining time
    result: dict[str, Any] = judged.figures()
    if sla_days is not None:
        method.progress("risk", 0.9)
        result["sla"] = breach_figures(judged, fold, sla_days)
    return {**result, **_about(log, method, began)}


def check_sla(sla_days: float | None) -> None:
    """BadInput for a promise that no case could keep."""
    if sla_days is not None and not 0 < sla_days < math.inf:
        raise BadInput("--sla-days must be more than 0", hint="give the days a case may take")


def predict_next(
    path: Path,
    columns: LogColumns,
    method: Method | None = None,
) -> dict[str, Any]:
    """Figures of the next activity and of the time until it; prefixes that go on are counted.

    ``interval_coverage`` is that of the time until the next event. Where the log has starts, the
    waiting until the next step is begun and its processing are judged as well.
    """
    method = method or Method()
    progress = method.progress
    began, log, fold, inner = _prepared(path, columns, method)
    result = _next_activity(fold, inner, method, part(progress, 0.3, 0.55))

    def judged(target: str, told: Progress) -> dict[str, Any] | None:
        found = judge(target, fold, inner, method, told)
        return found.figures() if found else None

    gap = judged("gap", part(progress, 0.55, 0.8))
    assert gap is not None  # `split` has seen to that
    result |= {name: gap[name] for name in gap if name.startswith("interval_")}
    result["next_time"] = gap
    if columns.start is not None:
        result["waiting"] = judged("waiting", part(progress, 0.8, 0.9))
        result["processing"] = judged("processing", part(progress, 0.9, 1.0))
    return {**result, **_about(log, method, began)}


def _next_activity(
    fold: Fold, inner: list[Fold], method: Method, progress: Progress
) -> dict[str, Any]:
    fit, held = fold.fit, fold.held
    known, rows = fit.targets.following != "", np.flatnonzero(held.targets.following != "")
    chosen = choose_next(inner, method, part(progress, 0.0, 0.6))
    model = next_class(chosen.kind)(seed=method.seed)
    model = model.fit(fit.prefixes, fit.targets.following, part(progress, 0.6, 1.0))
    probabilities = model.probabilities(held.prefixes, rows)
    said = np.array(model.names, dtype=object)[probabilities.argmax(axis=1)]
    truth = held.targets.following[rows]
    right = (said == truth).astype(float)
    usual = usual_next(
        fit.prefixes.last[known], fit.targets.following[known], held.prefixes.last[rows]
    )
    return {
        "accuracy": float(right.mean()),
        "accuracy_interval": list(bootstrap(right, held.prefixes.case[rows])),
        "baseline": float((usual == truth).mean()),
        "prefixes": len(rows),
        "model": chosen.kind,
        "model_compared": chosen.compared,
    }


def _prepared(
    path: Path, columns: LogColumns, method: Method
) -> tuple[float, EventLog, Fold, list[Fold]]:
    began = time.perf_counter()
    progress = method.progress
    progress("reading", 0.0)
    log = read_log(path, columns, drop_duplicates=method.drop_duplicates)
    train, test = split(log, str(path))
    progress("prefixes", 0.1)
    fold = fold_of(train, test, log)
    inner = list(forward_folds(train))
    progress("learning", 0.3)
    return began, log, fold, inner


def _about(log: EventLog, method: Method, began: float) -> dict[str, Any]:
    train, test = log.split(TRAIN_SHARE)
    return {
        "cases": len(log),
        "cases_trained": len(train),
        "cases_evaluated": len(test),
        "events": log.events,
        "protocol": PROTOCOL,
        "seconds": round(time.perf_counter() - began, 2),
        "notes": log.notes + method.notes,
    }
