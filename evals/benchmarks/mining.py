"""How often mining finds what is not there, and how often what is; whether templates are sound.

python -m evals.benchmarks.mining --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from guardrails.soundness import check
from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.learning.patterns.contrasts import contrasts
from signalbox.learning.patterns.discovery.miner import mined
from signalbox.learning.patterns.discovery.plan import template_of
from signalbox.learning.patterns.discovery.suggest import player_of
from signalbox.learning.patterns.drift import drift
from signalbox.learning.patterns.steps import Steps

LOGS = 300
TEMPLATES = 2_000
CASES = 300
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = 12
_ACTIVITIES = 8


def bench_mining(logs: int = LOGS, cases: int = CASES, seed: int = 0) -> dict[str, Any]:
    """Shares of ``logs`` made-up logs of ``cases`` cases, each with an exact 95 % interval.

    ``drift_false`` and ``contrast_false``: logs without any change or contrast in which one was
    found all the same; ``drift_false_weekly`` the same where times follow the day of the week.
    ``drift_found``: logs in which the time of one step doubled after two thirds, and was found;
    ``drift_cases_off`` is the median distance of the moment found, in cases. ``contrast_found``:
    logs in which every eighth case has a step that takes twice as long as the others, found.
    """
    off: list[float] = []

    def doubled(one: int) -> bool:
        found = _drift(_log(cases, one, late=2.0))
        at = [change["cases_before"] for change in found if change.get("to") == "step 0"]
        off.extend(abs(place - cases * 2 // 3) for place in at)
        return bool(at)

    seeds = range(seed, seed + logs)
    return {
        "logs": logs,
        "cases": cases,
        "drift_false": _share(seeds, lambda one: bool(_drift(_log(cases, one)))),
        "drift_false_weekly": _share(seeds, lambda one: bool(_drift(_log(cases, one, weekly=3.0)))),
        "drift_found": _share(seeds, doubled),
        "drift_cases_off": float(np.median(off)) if off else None,
        "contrast_false": _share(
            seeds, lambda one: bool(_contrasts(_log(cases, one, paths=False)))
        ),
        "contrast_found": _share(
            seeds,
            lambda one: any(
                trait.get("activity") == "appeal"
                for trait in _contrasts(_log(cases, one, appeal=2.0))
            ),
        ),
    }


def bench_templates(templates: int = TEMPLATES, seed: int = 0) -> dict[str, int]:
    """Templates of random logs, every second with a noise filter.

    ``unsound``: those with a finding. ``not_replayed``: cases that do not replay on the template
    made from them with nothing filtered out.
    """
    rng = Random(seed)
    unsound = cases = not_replayed = 0
    names = [f"A{i}" for i in range(_ACTIVITIES)]
    for number in range(templates):
        some = rng.randint(1, _ACTIVITIES)
        paths = [
            tuple(rng.randrange(some) for _ in range(rng.randint(1, 10)))
            for _ in range(rng.randint(1, 8))
        ]
        noise = rng.choice((0.05, 0.1, 0.3, 0.6)) if number % 2 else 0.0
        tree = mined(Counter(paths).most_common(), noise)
        unsound += bool(check(template_of(tree, names, "random")).findings)
        if not noise:
            player = player_of(tree)
            cases += len(paths)
            not_replayed += sum(not player.replay(path).fits for path in paths)
    return {
        "templates": templates,
        "unsound": unsound,
        "cases": cases,
        "not_replayed": not_replayed,
    }


def _drift(log: EventLog) -> list[dict[str, Any]]:
    with Steps(log) as steps:
        found: list[dict[str, Any]] = drift(steps)["changes"]
    return found


def _contrasts(log: EventLog) -> list[dict[str, Any]]:
    with Steps(log) as steps:
        found: list[dict[str, Any]] = contrasts(steps, log)["found"]
    return found


def _log(
    cases: int,
    seed: int,
    *,
    late: float = 1.0,
    weekly: float = 1.0,
    appeal: float | None = None,
    paths: bool = True,
) -> EventLog:
    """Eight cases a day of up to six steps, each left out of a third of the cases (``paths``).

    Step 0 takes ``late`` times as long from two thirds on, all ``weekly`` times on two days a week.
    """
    rng = np.random.default_rng(seed)
    traces = []
    for number in range(cases):
        at = _BEGIN + timedelta(hours=3 * number)
        slow = weekly if at.weekday() > 4 else 1.0
        marks = {f"mark {i}": str(rng.integers(3)) for i in range(_KINDS)}
        names = ["open"] + [
            f"step {i}" for i in range(5) if not paths or i == 0 or rng.random() < 2 / 3
        ]
        if appeal is not None and number % 8 == 0:
            names.append("appeal")
        events = []
        for name in names:
            factor = late if name == "step 0" and number >= cases * 2 // 3 else 1.0
            factor *= appeal if name == "appeal" and appeal is not None else 1.0
            at += timedelta(hours=float(rng.exponential(slow * factor))) * (name != "open")
            events.append(Event(name, at, attributes=marks))
        traces.append(Trace(str(number), events))
    return EventLog(traces)


def _share(seeds: range, holds: Callable[[int], bool]) -> dict[str, float]:
    from scipy.stats import binomtest

    count = sum(holds(seed) for seed in seeds)
    interval = binomtest(count, len(seeds)).proportion_ci(method="exact")
    return {"value": count / len(seeds), "low": float(interval.low), "high": float(interval.high)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=LOGS)
    parser.add_argument("--templates", type=int, default=TEMPLATES)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = bench_mining(given.logs, given.cases, given.seed)
    figures["random_templates"] = bench_templates(given.templates, given.seed)
    sys.stdout.write(json.dumps(figures, indent=None if given.json else 2) + "\n")


if __name__ == "__main__":
    main()
