"""Event logs made up for tests: by chance, and by hypothesis."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.logs.log import Event, EventLog, Trace

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def made_up(cases: int = 150, *, slower: float = 1.0, seed: int = 0) -> EventLog:
    """Tickets of two kinds, quick and slow; from the last third on, ``slower`` times as slow."""
    rng = np.random.default_rng(seed)
    traces = []
    for i in range(cases):
        at = BEGIN + timedelta(hours=6 * i + float(rng.uniform(0, 6)))
        quick = bool(rng.random() < 0.5)
        mean = (1.0 if quick else 40.0) * (slower if i >= cases * 2 // 3 else 1.0)
        path = ["open", "simple" if quick else "hard"]
        path += ["work"] * int(rng.integers(1, 4)) + ["close"]
        events = []
        for j, name in enumerate(path):
            at += timedelta(hours=float(rng.exponential(mean)) if j else 0.0)
            events.append(Event(name, at, at - timedelta(minutes=10), str(rng.integers(3))))
        traces.append(Trace(str(i), events))
    traces.sort(key=lambda trace: trace.began)
    return EventLog(traces)


@st.composite
def logs(draw: st.DrawFn) -> EventLog:
    """Small logs with many ties in time; starts and resources sometimes missing."""
    hours = st.integers(0, 12)
    traces = []
    for i in range(draw(st.integers(1, 5))):
        events = []
        for hour in sorted(draw(st.lists(hours, min_size=1, max_size=6))):
            time = BEGIN + timedelta(hours=hour)
            start = time - timedelta(hours=1) if draw(st.booleans()) else None
            resource = draw(st.sampled_from(["", "ann", "bob"]))
            kind = {"kind": draw(st.sampled_from(["", "a", "b"]))}
            events.append(Event(draw(st.sampled_from("xyz")), time, start, resource, kind))
        traces.append(Trace(str(i), events))
    traces.sort(key=lambda trace: trace.began)
    return EventLog(traces)


def as_csv(log: EventLog) -> str:
    """The log as ``case,activity,begun,time,who`` rows."""
    rows = ["case,activity,begun,time,who"]
    for trace in log.traces:
        for e in trace.events:
            begun = e.start.isoformat() if e.start else ""
            rows.append(f"{trace.case},{e.activity},{begun},{e.time.isoformat()},{e.resource}")
    return "\n".join(rows) + "\n"


def alone(X: np.ndarray) -> Prefixes:
    """Rows of numbers as prefixes, each of a case of its own."""
    n = len(X)
    last = np.full(n, "x", dtype=object)
    return Prefixes(X, np.arange(n), np.ones(n, dtype=int), last, np.zeros(n), np.zeros(n))


def imported_by(code: str, *names: str) -> set[str]:
    """Those of ``names`` that are imported once a fresh interpreter has run ``code``."""
    code += f"; import sys; print(*(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
