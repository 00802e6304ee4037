"""What the running cases of a log will do: remaining time, next activity, risk, by a kept model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.durations.clock import days
from signalbox.learning.durations.command import check_sla
from signalbox.learning.durations.ends import parted
from signalbox.learning.durations.learned import Learned, load_learned
from signalbox.learning.durations.model import Progress, silent
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log

# Where fewer past cases like it still went on after such a silence, nothing can be said.
LEAST = 1e-3
LIKELY = 0.01
MOST_NEXT = 5


def predict_cases(
    folder: Path,
    path: Path,
    *,
    named: Mapping[str, Any],
    at: str | None = None,
    sla_days: float | None = None,
    drop_duplicates: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Every running case of the log at ``path``, the most likely to be late first.

    ``named`` are columns called otherwise than in the log learned from (fields of ``LogColumns``).
    Predicted as of ``at`` (ISO 8601; by default the last event of the log), knowing what had been
    recorded by then and that nothing has happened since. Raises BadInput and kin.
    """
    check_sla(sla_days)
    progress("reading", 0.0)
    learned = load_learned(folder)
    columns = replace(learned.columns, **named)
    log = read_log(path, columns, drop_duplicates=drop_duplicates)
    now = max(trace.ended for trace in log.traces)
    if at is not None:
        now = _moment(at, columns.zone)
        log = log.until(now)
        if not len(log):
            raise BadInput(
                f"{path}: nothing had been recorded by {at[:40]}", hint="give a later --at"
            )
    progress("predicting", 0.4)
    sla = learned.sla_days if sla_days is None else sla_days
    finished, running = parted(log, learned.ends)
    answers = answers_of(learned, running, log, days(now), sla)
    doubtful = sum(one["doubtful"] for one in answers)
    return {
        "at": now.isoformat(),
        "cases_finished": len(finished),
        "cases_running": len(running),
        "sla_days": sla,
        "coverage": learned.coverage,
        "model": learned.kinds[0],
        "next_model": learned.kinds[1],
        "running": answers,
        "notes": log.notes + _notes(learned, finished, log, doubtful),
    }


def answers_of(
    learned: Learned, running: EventLog, around: EventLog, now: float, sla: float | None
) -> list[dict[str, Any]]:
    """What each of the ``running`` cases will do, as of ``now`` in days since 1970.

    ``around`` is all that had been recorded in the process by then.
    """
    if not len(running):
        return []
    prefixes = learned.encoder.rows(running, around, shortest=1)
    # The last prefix of each case is where it stands; a network reads the earlier ones too.
    rows = np.flatnonzero(np.diff(prefixes.case, append=-1))
    still = now - prefixes.moment[rows]
    alive = learned.remaining.exceeding(prefixes, rows, still)
    left = _remaining(learned, prefixes, rows, still, alive)
    risk = None if sla is None else _risk(learned, prefixes, rows, still, alive, sla)
    said = learned.following.probabilities(prefixes, rows)
    found = []
    for i, (row, trace) in enumerate(zip(rows, running.traces, strict=True)):
        known = bool(alive[i] >= LEAST)
        found.append({
            "case": trace.case,
            "activity": trace.events[-1].activity,
            "events": len(trace),
            "last_event": trace.ended.isoformat(),
            "elapsed_days": float(prefixes.elapsed[row] + still[i]),
            "silent_days": float(still[i]),
            "doubtful": not known,
            "remaining_days": float(left[i, 1]) if known else None,
            "remaining_interval": [float(left[i, 0]), float(left[i, 2])] if known else None,
            "next": _likely(learned.following.names, said[i]),
            "risk": float(risk[i]) if known and risk is not None else None,
        })  # fmt: skip
    return sorted(found, key=_order)


def _order(one: dict[str, Any]) -> tuple[bool, float, float]:
    """The greatest risk first, then the longest time left; what nothing is known of last."""
    return one["doubtful"], -(one["risk"] or 0.0), -(one["remaining_days"] or 0.0)


def _remaining(
    learned: Learned, prefixes: Prefixes, rows: np.ndarray, still: np.ndarray, alive: np.ndarray
) -> np.ndarray:
    """(m, 3) lower end, median and upper end of the days left, given ``still`` silent days."""
    levels = np.clip([learned.tail, 0.5, 1.0 - learned.tail], 0.0, 1.0)
    given = (1.0 - alive)[:, None] + alive[:, None] * levels
    found = learned.remaining.quantiles(prefixes, rows, given) - still[:, None]
    return np.asarray(np.maximum(found, 0.0))


def _risk(
    learned: Learned,
    prefixes: Prefixes,
    rows: np.ndarray,
    still: np.ndarray,
    alive: np.ndarray,
    sla: float,
) -> np.ndarray:
    """(m,) probability of more than ``sla`` days in all; 1 for a case that is late already."""
    left = sla - prefixes.elapsed[rows]
    beyond = learned.remaining.exceeding(prefixes, rows, np.maximum(left, 0.0))
    risk = np.minimum(beyond / np.maximum(alive, LEAST), 1.0)
    return np.where(left <= still, 1.0, risk)


def _likely(names: list[str], said: np.ndarray) -> list[dict[str, Any]]:
    order = np.argsort(-said, kind="stable")[:MOST_NEXT]
    return [
        {"activity": names[i], "probability": float(said[i])} for i in order if said[i] >= LIKELY
    ]


def _moment(at: str, zone: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise BadInput(
            f"--at {at[:40]!r} is not a time", hint="write it as 2026-03-01T09:30:00+01:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone) if zone else UTC)


def _notes(learned: Learned, finished: EventLog, log: EventLog, doubtful: int) -> list[str]:
    found = []
    if doubtful:
        found.append(
            f"{doubtful:,} cases stand last without a prediction: hardly any case learned from "
            "went on after such a silence, so they may be over without saying so"
        )
    known = set(learned.encoder.activities.places)
    new = [name for name in log.activities if name not in known]
    if new:
        found.append(
            f"{len(new)} activities were rare or absent when the model was learned "
            f"({', '.join(new[:5])[:200]}): learn again when they have become usual"
        )
    if not learned.ends:
        found.append("all cases of the log count as running: the model knows no last activity")
    elif not len(finished):
        found.append(
            "the log holds no finished case: predictions are better when it does, because what "
            "lately followed an activity is looked at"
        )
    return found
