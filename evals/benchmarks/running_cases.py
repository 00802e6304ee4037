"""How right ``predict case`` was: running cases at moments of the past, and what became of them.

Run ``python -m evals.benchmarks.running_cases --log log.csv.gz --columns CASE,ACTIVITY,TIME
--sla-days N``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.learning.durations.clock import days
from signalbox.learning.durations.ends import parted, usual_ends
from signalbox.learning.durations.learning import learn_from
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.running import answers_of
from signalbox.learning.durations.samples import split
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log

MOMENTS = 20


def run(log: EventLog, name: str, columns: LogColumns, sla_days: float) -> dict[str, Any]:
    """Learn from the first two thirds of the cases by start and ask about the rest.

    At ``MOMENTS`` moments spread evenly over the starts of the rest. Every case of it counts that
    was running then and ended later; the risk is judged where it was not late yet.
    """
    train, test = split(log, name)
    learned, report = learn_from(train, train, columns, usual_ends(train), sla_days, Method())
    became = {trace.case: trace for trace in test.traces}
    first, last = test.traces[0].began, test.traces[-1].began
    covered, errors, risks, late = [], [], [], []
    doubtful = 0
    for nth in range(1, MOMENTS + 1):
        now = first + (last - first) * nth / MOMENTS
        known = log.until(now)
        _, running = parted(known, learned.ends)
        for told in answers_of(learned, running, known, days(now), sla_days):
            trace = became.get(told["case"])
            if trace is None or trace.ended <= now:
                continue
            if told["doubtful"]:
                doubtful += 1
                continue
            left = days(trace.ended) - days(now)
            low, high = told["remaining_interval"]
            covered.append(low <= left <= high)
            errors.append(abs(told["remaining_days"] - left))
            if told["elapsed_days"] <= sla_days:
                risks.append(told["risk"])
                late.append(told["elapsed_days"] + left > sla_days)
    share = float(np.mean(late)) if late else 0.0
    return {
        "predictions": len(covered),
        "doubtful": doubtful,
        "interval_coverage": float(np.mean(covered)),
        "interval_coverage_told": report["interval_coverage"],
        "mae_days": float(np.mean(errors)),
        "brier": float(np.mean((np.array(risks) - np.array(late)) ** 2)) if late else None,
        "brier_usual_share": share * (1 - share),
        "breached": share,
    }


def main(arguments: list[str] | None = None) -> int:
    """One JSON object on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--columns", required=True, help="case, activity, time: by commas")
    parser.add_argument("--sla-days", type=float, required=True)
    given = parser.parse_args(arguments)
    columns = LogColumns(*given.columns.split(","))
    found = run(read_log(given.log, columns), str(given.log), columns, given.sla_days)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
