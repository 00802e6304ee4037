"""Everything that is mined from one log: what the command line calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput
from signalbox.domain.template import Template
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log
from signalbox.learning.patterns.bottlenecks import bottlenecks
from signalbox.learning.patterns.contrasts import contrasts
from signalbox.learning.patterns.discovery.fitness import Fitness
from signalbox.learning.patterns.discovery.plan import ids_of
from signalbox.learning.patterns.discovery.suggest import (
    MOST_ACTIVITIES,
    Suggestion,
    suggestion,
)
from signalbox.learning.patterns.discovery.writing import plain
from signalbox.learning.patterns.drift import drift
from signalbox.learning.patterns.follows import follows
from signalbox.learning.patterns.handovers import handovers
from signalbox.learning.patterns.rework import rework
from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.steps import Steps
from signalbox.learning.patterns.variants import variants

Progress = Callable[[str, float], None]


def mine(
    path: Path,
    columns: LogColumns,
    *,
    noise: float | None = None,
    drop_duplicates: bool = False,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> tuple[dict[str, Any], Template | None]:
    """(what the log at ``path`` shows, the template it suggests).

    The template is None where the log has too many activities for one; ``suggested_template`` then
    is too, and a note says why. Raises BadInput and kin for bad data.
    """
    if noise is not None and not 0 <= noise < 1:
        raise BadInput(f"--noise is {noise}, not in [0, 1)", hint="0 keeps everything; try 0.2")
    began = time.perf_counter()
    progress("reading", 0.0)
    log = read_log(path, columns, drop_duplicates=drop_duplicates)
    notes = list(log.notes)
    progress("counting", 0.4)
    with Steps(log) as steps:
        found: dict[str, Any] = {
            "cases": len(log),
            "events": log.events,
            "activities": len(steps.activities),
            "variants": variants(steps),
            "directly_follows": follows(steps),
            "bottlenecks": bottlenecks(steps, seed),
            "rework": rework(steps),
            "handovers": handovers(steps),
            "contrasts": contrasts(steps, log),
            "drift": drift(steps, seed),
        }
        notes += _missing(steps, columns)
        progress("discovering", 0.7)
        suggested = _suggested(log, steps.activities, path, noise, notes)
    found["suggested_template"] = _told(suggested, steps.activities) if suggested else None
    found |= {"seconds": round(time.perf_counter() - began, 2), "notes": notes}
    return found, suggested.template if suggested else None


def _suggested(
    log: EventLog, names: tuple[str, ...], path: Path, noise: float | None, notes: list[str]
) -> Suggestion | None:
    if len(names) > MOST_ACTIVITIES:
        notes.append(
            f"{len(names):,} different activities are too many for a template, limit "
            f"{MOST_ACTIVITIES}: is it the right column?"
        )
        return None
    code = {name: at for at, name in enumerate(names)}
    paths = [tuple(code[event.activity] for event in trace.events) for trace in log.traces]
    (name,) = ids_of([path.name.split(".")[0]])
    return suggestion(paths, names, name, noise)


def _told(suggested: Suggestion, names: tuple[str, ...]) -> dict[str, Any]:
    """The suggestion as JSON; whether it is sound is for the guardrails to say."""
    kept = set(suggested.tree.activities)
    return {
        "template": plain(suggested.template),
        "noise": suggested.noise,
        "left_out": [name for code, name in enumerate(names) if code not in kept],
        "fitness_built_on": _fitness(suggested.built),
        "fitness_held_out": _fitness(suggested.held_out) if suggested.held_out else None,
    }


def _fitness(fitness: Fitness) -> dict[str, Any]:
    return {
        "cases": fitness.cases,
        "share_of_cases": shown(fitness.share_of_cases),
        "events": fitness.events,
        "share_of_events": shown(fitness.events_fit / fitness.events) if fitness.events else None,
        "precision": shown(fitness.precision),
    }


def _missing(steps: Steps, columns: LogColumns) -> list[str]:
    """What could not be told for want of a column."""
    notes = []
    if not steps.resources:
        why = "column is empty" if columns.resource else "is not named: --resource"
        notes.append(f"no handovers: who did it {why}")
    if not steps.has_starts:
        notes.append("no starts: waiting and processing are not told apart, hours are both")
    else:
        without = steps.rows("select count(*) from steps where begun is null")[0][0]
        if without:
            notes.append(f"{without:,} events have no start: their waiting is not known")
    return notes
