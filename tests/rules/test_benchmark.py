"""The benchmark reports what the command line promises."""

from __future__ import annotations

import sys

import pytest

from evals.benchmarks.rules import bench_rules


def test_the_benchmark_finds_no_difference_and_reports_its_keys() -> None:
    told: list[tuple[int, int]] = []
    report = bench_rules(20, 10, seed=3, fuzzed=500, progress=lambda *at: told.append(at))
    assert report["disagreements"] == 0 and report["failures"] == 0
    assert report["evaluations"] == 500 == told[-1][0]
    assert report["trace_rows"] == 60
    assert {"p50_us", "p99_us", "python_us", "durable_us"} <= set(report)


def test_without_the_second_evaluator_nothing_is_said_of_its_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    report = bench_rules(5, 5, fuzzed=20)
    assert report["evaluators"] == "python-only"
    assert report["durable_us"] is None
    assert report["python_us"] > 0
