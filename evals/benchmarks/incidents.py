"""Real incidents in time order: the online mode against the people's own first assignment.

Run ``python -m evals.benchmarks.incidents --data uci_incidents_first75.csv.gz --json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from evals.online import blocks_of, measure, walk
from signalbox.learning.measures import accuracy, wilson
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.table import Table, read_table
from signalbox.learning.training import LearnConfig, learn_routing

# Known when the incident was opened. first_group and reassignments are outcomes and stay out.
KNOWN_AT_OPENING = (
    "caller_id",
    "opened_by",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "notify",
)


def against_people(
    said: np.ndarray,
    automatic: np.ndarray,
    truth: np.ndarray,
    first: np.ndarray,
    reassignments: np.ndarray,
) -> dict[str, Any]:
    """How the people did on the same rows, and the hand-overs that automatic routing changes.

    ``mis_sends_saved`` counts automatic rows the people first mis-sent and we send right, less
    the reverse. ``hand_overs_saved`` adds up the reassignments of the former; each row we
    mis-send and the people did not is charged the mean of the people's mis-sent rows.
    """
    people, ours = first == truth, said == truth
    saved, spoilt = automatic & ours & ~people, automatic & ~ours & people
    wrong = reassignments[~people]
    cost = float(wrong.mean()) if len(wrong) else 0.0
    difference = ours.astype(float) - people
    half = 1.96 * float(difference.std()) / np.sqrt(max(1, len(difference)))
    return {
        "people_accuracy": accuracy(truth, first),
        "people_accuracy_interval": wilson(int(people.sum()), len(truth)),
        "gain": float(difference.mean()),
        "gain_interval": [float(difference.mean() - half), float(difference.mean() + half)],
        "people_accuracy_on_automatic": float(people[automatic].mean())
        if automatic.any()
        else None,
        "mis_sends_avoided": int(saved.sum()),
        "mis_sends_added": int(spoilt.sum()),
        "mis_sends_saved": int(saved.sum()) - int(spoilt.sum()),
        "hand_overs_saved": float(reassignments[saved].sum() - cost * spoilt.sum()),
        "hand_overs_of_automatic_rows": int(reassignments[automatic].sum()),
    }


def run(
    data: Path, learn: float, stop: float, label_delay: int, config: OnlineConfig
) -> dict[str, Any]:
    """Learn from the first ``learn`` share of the rows and walk those up to ``stop``."""
    table = read_table(data, attributes=KNOWN_AT_OPENING, label="resolved_group", time="opened")
    outcomes = read_table(
        data, attributes=("first_group", "reassignments"), label="resolved_group", time="opened"
    ).in_time_order()
    table = table.in_time_order()
    cut, end = int(learn * len(table)), int(stop * len(table))
    started = time.perf_counter()
    router, _ = learn_routing(table.take(range(cut)), LearnConfig(seed=config.seed))
    online = OnlineRouter(router, config, table.take(range(cut)))
    warm_seconds = time.perf_counter() - started
    rest: Table = table.take(range(cut, end))
    later = outcomes.take(range(cut, end))
    started = time.perf_counter()
    decisions, seconds = walk(online, rest, label_delay=label_delay, progress=_progress)
    walk_seconds = time.perf_counter() - started
    known = frozenset(table.labels[:cut])
    result = measure(rest, decisions, seconds, label_delay=label_delay, known=known)
    truth = np.array(rest.labels)
    automatic = np.array([d.automatic for d in decisions], bool)
    first = np.array(later.attributes["first_group"])
    result |= against_people(
        np.array([d.label for d in decisions]),
        automatic,
        truth,
        first,
        np.array(later.attributes["reassignments"], float),
    )
    people = [b["accuracy"] for b in blocks_of(first == truth, automatic)]
    for block, share in zip(result["blocks"], people, strict=True):
        block["people_accuracy"] = share
    result |= {"learned_rows": cut, "warm_seconds": warm_seconds, "walk_seconds": walk_seconds}
    return result


def _progress(what: str, share: float) -> None:
    if round(share * 1000) % 100 == 0:
        sys.stderr.write(f"{what} {share:.0%}\n")


def main(arguments: list[str] | None = None) -> int:
    """JSON on stdout, progress on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--learn", type=float, default=0.6, help="share of the rows learned from")
    parser.add_argument("--stop", type=float, default=1.0, help="share of the rows walked up to")
    parser.add_argument("--label-delay", type=int, default=0, help="rows until a label is known")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    config = OnlineConfig(seed=given.seed)
    result = run(given.data, given.learn, given.stop, given.label_delay, config)
    sys.stdout.write(json.dumps(result, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
