"""Rows tell what was known at their moment: nothing of the future, whatever the log."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalbox.learning.durations.codes import NONE, Codes
from signalbox.learning.durations.prefixes import Encoder
from signalbox.learning.durations.targets import targets_of
from signalbox.learning.logs.log import Event, EventLog, Trace
from tests.learning.durations.logs import BEGIN, logs, made_up

ENCODER = Encoder.fit(made_up(60))


@given(logs(), st.data())
def test_a_log_cut_off_at_the_moment_of_a_prefix_gives_the_same_row(
    log: EventLog, data: st.DataObject
) -> None:
    rows = ENCODER.rows(log, shortest=1)
    i = data.draw(st.integers(0, len(rows) - 1))
    trace = log.traces[rows.case[i]]
    known = log.until(trace.events[rows.length[i] - 1].time)
    again = ENCODER.rows(known, shortest=1)
    cases = [t.case for t in known.traces]
    same = (again.length == rows.length[i]) & (again.case == cases.index(trace.case))
    assert np.array_equal(again.X[same], rows.X[i : i + 1])


@given(logs(), logs())
def test_what_is_added_later_changes_no_row(log: EventLog, later: EventLog) -> None:
    shift = timedelta(days=30)
    after = [
        Trace(f"later {t.case}", [Event(e.activity, e.time + shift) for e in t.events])
        for t in later.traces
    ]
    alone = ENCODER.rows(log, shortest=1)
    both = ENCODER.rows(EventLog([*log.traces, *after]), shortest=1)
    assert np.array_equal(both.X[: len(alone)], alone.X)


@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(log: EventLog, rng: random.Random) -> None:
    traces = list(log.traces)
    rng.shuffle(traces)
    shuffled = ENCODER.rows(EventLog(traces), shortest=1)
    by_case = {}
    for i, (case, length) in enumerate(zip(shuffled.case, shuffled.length, strict=True)):
        by_case[traces[case].case, length] = shuffled.X[i]
    rows = ENCODER.rows(log, shortest=1)
    for i, (case, length) in enumerate(zip(rows.case, rows.length, strict=True)):
        assert np.array_equal(by_case[log.traces[case].case, length], rows.X[i])


@given(logs())
def test_codes_and_rows_fit_together(log: EventLog) -> None:
    encoder = Encoder.fit(log)
    rows = encoder.rows(log)
    assert rows.X.shape == (sum(max(len(t) - 1, 0) for t in log.traces), len(encoder.names))
    assert not np.isnan(rows.X).any()


def test_targets_of_a_case_by_hand() -> None:
    at = [BEGIN + timedelta(days=d) for d in (0, 1, 3)]
    last = Event("c", at[2], start=at[2] - timedelta(days=0.5))
    log = EventLog([Trace("1", [Event("a", at[0]), Event("b", at[1]), last])])
    targets = targets_of(log, ENCODER.rows(log))
    assert targets.remaining.tolist() == [2.0, 0.0]
    assert targets.following.tolist() == ["c", ""]
    np.testing.assert_array_equal(targets.gap, [2.0, np.nan])
    np.testing.assert_array_equal(targets.waiting, [1.5, np.nan])
    np.testing.assert_array_equal(targets.processing, [0.5, np.nan])


def test_codes_follow_the_median_and_rare_names_share_the_middle() -> None:
    pairs = [("slow", 9.0)] * 5 + [("fast", 1.0)] * 5 + [("mid", 5.0)] * 5 + [("rare", 100.0)]
    codes = Codes.fit(pairs)
    assert [codes["fast"], codes["mid"], codes["slow"]] == [0.0, 1.0, 2.0]
    assert codes["rare"] == codes["never seen"] == 1.0
    assert codes[None] == NONE
