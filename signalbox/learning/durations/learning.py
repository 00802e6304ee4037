"""Learn from all finished cases of a log and keep the model: what the command line calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.learning.durations.choosing import Chosen, choose_duration, choose_next
from signalbox.learning.durations.command import check_sla
from signalbox.learning.durations.ends import check_ends, parted, usual_ends
from signalbox.learning.durations.intervals import Calibration
from signalbox.learning.durations.kinds import duration_class, next_class
from signalbox.learning.durations.learned import Learned, save_learned
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.model import part
from signalbox.learning.durations.prefixes import Encoder
from signalbox.learning.durations.samples import check_enough, forward_folds, sample_of
from signalbox.learning.folder import whole_or_nothing
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log
from signalbox.learning.manifest import DURATIONS

# A case that has just begun is to be predicted too.
SHORTEST = 1
NOT_OVER = (
    "the log does not tell which cases are over (no activity ends most cases it occurs in): all "
    "were learned from, and all of a later log will count as running; name the last ones: --end"
)


def learn_durations(
    path: Path,
    out: Path,
    columns: LogColumns,
    method: Method | None = None,
    *,
    ends: Sequence[str] = (),
    sla_days: float | None = None,
) -> dict[str, Any]:
    """The report of ``learn durations``; the folder ``out`` holds what ``predict case`` needs.

    With ``ends`` (activities that end a case) the other cases are not learned from; without them
    every case is, and the activities after which seldom anything follows are taken for ends.
    Figures are of the later cases of two forward folds. Raises BadInput and kin for bad data; then
    nothing is left behind, and a model that was there before is untouched.
    """
    check_sla(sla_days)
    method = method or Method()
    progress = method.progress
    began = time.perf_counter()
    with whole_or_nothing(out, DURATIONS):
        progress("reading", 0.0)
        log = read_log(path, columns, drop_duplicates=method.drop_duplicates)
        named = check_ends(log, ends, str(path))
        finished = parted(log, named)[0] if named else log
        check_enough(finished, str(path))
        progress("prefixes", 0.1)
        learned, report = learn_from(
            log, finished, columns, named or usual_ends(log), sla_days, method
        )
        report |= {
            "cases": len(log),
            "cases_learned": len(finished),
            "events": log.events,
            "ends": list(learned.ends),
            "ends_inferred": not named,
            "notes": log.notes + method.notes + ([] if learned.ends else [NOT_OVER]),
            "seconds": round(time.perf_counter() - began, 2),
            "model_dir": str(out),
        }
        version = save_learned(learned, report, out)
        progress("written", 1.0)
    return {**report, "version": version}


def learn_from(
    log: EventLog,
    finished: EventLog,
    columns: LogColumns,
    ends: tuple[str, ...],
    sla_days: float | None,
    method: Method,
) -> tuple[Learned, dict[str, Any]]:
    """What ``finished`` cases teach, and the figures of the later ones among them.

    ``log`` is all that was recorded in the process, ``finished`` included.
    """
    progress = method.progress
    folds = list(forward_folds(finished, log, SHORTEST))
    remaining = choose_duration("remaining", folds, method, part(progress, 0.2, 0.45))
    assert remaining is not None  # every prefix has a remaining time
    following = choose_next(folds, method, part(progress, 0.45, 0.7))
    encoder = Encoder.fit(finished)
    sample = sample_of(encoder, finished, log, SHORTEST)
    model = duration_class(remaining.kind)(seed=method.seed)
    model = model.fit(sample.prefixes, sample.targets.remaining, part(progress, 0.7, 0.85))
    after = next_class(following.kind)(seed=method.seed)
    after = after.fit(sample.prefixes, sample.targets.following, part(progress, 0.85, 0.99))
    learned = Learned(
        columns=columns,
        encoder=encoder,
        ends=ends,
        sla_days=sla_days,
        coverage=method.coverage,
        tail=remaining.calibration.tail(method.coverage),
        kinds=(remaining.kind, following.kind),
        remaining=model,
        following=after,
    )
    return learned, {
        "mae_days": remaining.compared[remaining.kind],
        "interval_coverage": _later_coverage(remaining, method.coverage),
        "accuracy": following.compared[following.kind],
        "model": remaining.kind,
        "model_compared": remaining.compared,
        "next_model": following.kind,
        "next_model_compared": following.compared,
        "sla_days": sla_days,
    }


def _later_coverage(chosen: Chosen, coverage: float) -> float:
    """What intervals calibrated on all folds but the last cover in the last."""
    tail = Calibration(np.concatenate(chosen.scores[:-1])).tail(coverage)
    return float((chosen.scores[-1] >= tail).mean())
