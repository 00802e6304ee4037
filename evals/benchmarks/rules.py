"""How long a rule set takes, both evaluators and the whole trace, and whether they ever differ."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from evals.benchmarks.generated_rules import (
    generated_definition,
    generated_facts,
    literals_of,
)
from rules.model import Definition
from rules.rule_set import RuleSet

N_FACTS = 25
FUZZED = 100_000
_TIMED = 5_000
_WARM = 500
_FUZZ_SETS = 20
_REPORT_EVERY = 2_000
_OFFERED = tuple(f"team-{number}" for number in range(10))

Progress = Callable[[int, int], None]


def bench_rules(
    n_rules: int = 100,
    n_facts: int = N_FACTS,
    seed: int = 0,
    *,
    fuzzed: int = FUZZED,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Time ``n_rules`` three-condition rules over ``n_facts`` facts, then fuzz for differences.

    Timed, in microseconds for each decision on facts it has not seen: checking the facts, both
    evaluators, the verdict and its whole trace. ``python_us`` is the same without the second
    evaluator, ``durable_us`` what that one adds. The fuzz evaluates ``fuzzed`` sets of facts, on
    and around the literals, against these rules and against other random sets with ``any``
    groups, denser and of one to five conditions. ``progress(done, total)`` is called now and then.
    Deterministic for a seed, except for the times.
    """
    rng = random.Random(seed)
    definition = generated_definition(rng, n_rules, n_facts)
    rule_set = RuleSet(definition)
    timing = _timed(rng, definition, rule_set)
    disagreements, failures, evaluations = rule_set.disagreements, rule_set.failures, 0
    rule_set.close()
    for number in range(_FUZZ_SETS):
        part = fuzzed * (number + 1) // _FUZZ_SETS - fuzzed * number // _FUZZ_SETS
        again = definition if number == 0 else _variant(rng, n_rules, n_facts)
        fuzz = _fuzz(rng, again, part, evaluations, fuzzed, progress)
        evaluations += part
        disagreements += fuzz[0]
        failures += fuzz[1]
    return {
        **timing,
        "disagreements": disagreements,
        "failures": failures,
        "evaluations": evaluations,
        "rules": n_rules,
        "facts": n_facts,
        "evaluators": rule_set.evaluators,
    }


def _variant(rng: random.Random, n_rules: int, n_facts: int) -> Definition:
    return generated_definition(
        rng,
        rng.randint(1, max(n_rules, 1)),
        n_facts,
        conditions=rng.randint(1, 5),
        dense=True,
        groups=True,
    )


def _timed(rng: random.Random, definition: Definition, rule_set: RuleSet) -> dict[str, Any]:
    alone = RuleSet(definition, twice=False)
    samples = [generated_facts(rng, definition.schema, {}) for _ in range(_WARM + _TIMED)]
    both, rows, fired = _nanoseconds(rule_set, samples)
    python, _, _ = _nanoseconds(alone, samples)
    p50 = _quantile(both, 0.50)
    python_us = _quantile(python, 0.50)
    return {
        "p50_us": p50,
        "p99_us": _quantile(both, 0.99),
        "python_us": python_us,
        # Without the second evaluator the difference is noise, and no cost of anything.
        "durable_us": round(p50 - python_us, 2) if rule_set.evaluators == "both" else None,
        "timed": len(both),
        "trace_rows": rows,
        "fired_mean": round(fired / len(both), 2),
    }


def _nanoseconds(rule_set: RuleSet, samples: list[dict[str, Any]]) -> tuple[list[int], int, int]:
    """(time of each evaluation after the warm-up, rows in one trace, rules fired in all)."""
    times: list[int] = []
    rows = fired = 0
    for given in samples[:_WARM]:
        rule_set.evaluate(given, _OFFERED)
    for given in samples[_WARM:]:
        begun = perf_counter_ns()
        verdict = rule_set.evaluate(given, _OFFERED)
        trace = verdict.trace
        times.append(perf_counter_ns() - begun)
        rows = sum(len(outcomes) for _, _, outcomes in trace)
        fired += len(verdict.fired)
    return times, rows, fired


def _fuzz(
    rng: random.Random,
    definition: Definition,
    count: int,
    done: int,
    total: int,
    progress: Progress | None,
) -> tuple[int, int]:
    rule_set = RuleSet(definition)
    literals = literals_of(definition)
    for number in range(1, count + 1):
        rule_set.evaluate(generated_facts(rng, definition.schema, literals), _OFFERED)
        if progress is not None and (number % _REPORT_EVERY == 0 or number == count):
            progress(done + number, total)
    found = rule_set.disagreements, rule_set.failures
    rule_set.close()
    return found


def _quantile(nanoseconds: list[int], share: float) -> float:
    ordered = sorted(nanoseconds)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] / 1000, 2)
