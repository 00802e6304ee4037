"""The figures of one outage, from the answers, the ledger, the breaker and the host."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.benchmarks.outage_watch import Seen, most_within, shortest_gap
from evals.benchmarks.posting import Posted
from signalbox.domain.decision import Decision
from signalbox.domain.ports import Ledger
from signalbox.learning.measures import wilson
from signalbox.parts import read_ledger
from signalbox.settings import Settings

PROBE_S = 5.0  # ClientConfig.probe_s: the shortest interval between two probes
# A probe is timed where it is sent and seen where it arrives, on a machine that is busy.
ARRIVAL_S = 0.1
THRESHOLD = 5
_IN_A_ROW = re.compile(r"failed (\d+) times in a row")
_MOST = 100_000
_SHOWN = 30
UP = "up"


@dataclass(frozen=True, slots=True)
class Run:
    """One outage as it was seen. Moments in ``time.monotonic`` seconds; ``cold`` are the tasks
    before it, right after the start of the server."""

    mode: str
    seconds: float
    rate: float
    deadline_ms: float
    began: float
    ended: float
    posted: list[Posted]
    seen: Seen
    cold: list[Posted]
    machine_load: tuple[float, float]


def figures(run: Run, db: str) -> dict[str, Any]:
    """Everything that is reported of one outage.

    ``within_deadline`` is of all tasks, also those after the host came back, and counts from when
    a task was due; ``late`` lists those that were not: when, the whole time, what the server says
    it took, how long sending itself was held up. ``failures_to_open`` holds, for each time the
    breaker opened, how many failures in a row it had counted.
    """
    decided, told = _read(db)
    ids = {str(json.loads(one.body)["task_id"]): one for one in run.posted if _answered(one)}
    first = {one.subject: one for one in decided if one.epoch == 1 and one.subject in ids}
    traces = [one.trace for one in first.values()]
    in_time = sum(_answered(one) and one.ms <= run.deadline_ms for one in run.posted)
    took = [one.ms for one in run.posted if one.status is not None]
    p50, p95, p99 = (round(float(np.percentile(took, q)), 1) for q in (50, 95, 99))
    low, high = wilson(in_time, len(run.posted))
    spells, reached = run.seen.spells(), run.seen.while_open()
    opened_at = spells[0][0] if spells else None
    advised = [ids[name].due for name, one in first.items() if one.trace.advice is not None]
    return {
        "seconds": run.seconds,
        "rate": run.rate,
        "deadline_ms": run.deadline_ms,
        "tasks": len(run.posted),
        "tasks_during": sum(one.due < run.ended for one in run.posted),
        "consulted": sum(not one.consult.startswith("not asked") for one in traces),
        "late": [_late(one, run, first) for one in run.posted if _is_late(one, run)][:_SHOWN],
        "errors": sum(not _answered(one) for one in run.posted),
        "within_deadline": {"n": in_time, "value": in_time / len(run.posted), "low": low,
                            "high": high},
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "max_ms": round(max(took), 1),
        "cold_max_ms": round(max(one.ms for one in run.cold), 1),
        "cold_tasks": len(run.cold),
        "outcomes": dict(Counter(_outcome(one) for one in first.values()).most_common()),
        "provisional": sum(json.loads(one.body)["provisional"] is not None for one in ids.values()),
        "decided": sum(json.loads(one.body)["team"] is not None for one in ids.values()),
        "later_epochs": sum(one.epoch > 1 and one.subject in ids for one in decided),
        "late_failures": dict(Counter(told).most_common()),
        "requests": len(run.seen.arrivals),
        "requests_during": sum(at < run.ended for at in run.seen.arrivals),
        "requests_before_open": (
            None if opened_at is None else sum(at <= opened_at for at in run.seen.arrivals)
        ),
        "opened": len(spells),
        "opened_after_s": None if opened_at is None else round(opened_at - run.began, 2),
        "open_s": round(sum(b - a for a, b in spells), 1),
        "failures_to_open": _failures_to_open(run, first),
        "requests_while_open": sum(map(len, reached)),
        "most_in_a_probe_interval": max(
            (most_within(one, PROBE_S - ARRIVAL_S) for one in reached), default=0
        ),
        "shortest_gap_while_open_s": _rounded(shortest_gap(reached)),
        "recovered_after_s": _rounded(run.seen.closed_after(run.ended)),
        "first_proposal_after_s": _rounded(
            min((due - run.ended for due in advised if due >= run.ended), default=None)
        ),
        "machine_load": [round(one, 2) for one in run.machine_load],
    }  # fmt: skip


def failing(found: dict[str, Any], mode: str) -> list[str]:
    """The bars that were missed, by name. Where the host was up all the time, few apply."""
    bars = {
        "every task answered": found["errors"] == 0,
        "within its deadline": found["within_deadline"]["value"] == 1.0,
        "every task consulted on": found["consulted"] == found["tasks"],
    }
    if mode == UP:
        return [name for name, met in bars.items() if not met]
    bars |= {
        "opens": found["opened"] >= 1,
        "opens within 5 failures": max(found["failures_to_open"], default=0) <= THRESHOLD,
        "one request a probe interval while open": found["most_in_a_probe_interval"] <= 1,
        "recovers by itself": found["recovered_after_s"] is not None
        and found["first_proposal_after_s"] is not None,
    }
    return [name for name, met in bars.items() if not met]


def _read(db: str) -> tuple[list[Decision], list[str]]:
    """Decisions and drafts that wait, and how questions failed whose caller had left."""
    ledger: Ledger = read_ledger(Settings(db=db))
    try:
        decisions = ledger.decisions("default", limit=_MOST, before=None, status=None)
        waiting = [one.draft for one in ledger.approvals(None, state=None, limit=_MOST)]
        late = [one for one in ledger.events(0, _MOST) if one.type == "consult.failed"]
        known = {one.id for one in decisions}
        drafts = [one for one in waiting if one.id not in known]
        return [*decisions, *drafts], [str(one.data["failure"]) for one in late]
    finally:
        ledger.close()


def _is_late(one: Posted, run: Run) -> bool:
    return _answered(one) and one.ms > run.deadline_ms


def _late(one: Posted, run: Run, first: dict[str, Decision]) -> dict[str, Any]:
    said = json.loads(one.body)
    decision = first.get(said["task_id"])
    return {
        "at_s": round(one.due - run.began, 1),
        "ms": round(one.ms, 1),
        "server_ms": said["elapsed_ms"],
        "lag_ms": round(one.lag_ms, 1),
        "outcome": _outcome(decision) if decision else None,
    }


def _answered(one: Posted) -> bool:
    return one.status in (200, 202)


def _outcome(decision: Decision) -> str:
    """What the submitter's decision knew of the language model."""
    trace = decision.trace
    if trace.advice is not None:
        return "proposal"
    return trace.consult_failure or ("awaited" if trace.consult.startswith("asked") else "none")


def _failures_to_open(run: Run, first: dict[str, Decision]) -> list[int]:
    """The count that the first refusal of each spell names; it only grows while it is open."""
    due = {json.loads(one.body)["task_id"]: one.due for one in run.posted if _answered(one)}
    told = []
    for name in sorted(first, key=due.__getitem__):
        match = _IN_A_ROW.search(first[name].trace.consult)
        told.append(int(match.group(1)) if match else None)
    found: list[int] = []
    before: int | None = None
    for count in told:
        if count is None:
            continue
        if before is None or count < before:
            found.append(count)
        before = count
    return found


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
