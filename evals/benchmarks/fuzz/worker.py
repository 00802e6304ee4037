"""The process that fuzzes, and may crash: one JSON object a line on stdout tells how far it is.

``sets SEED FIRST COUNT EACH`` evaluates ``EACH`` sets of facts with each of ``COUNT`` rule sets,
from number ``FIRST`` on. ``memory SEED COUNT`` evaluates ``COUNT`` with one rule set.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.benchmarks.fuzz.facts import HostileFacts
from evals.benchmarks.fuzz.oracle import differences, expect, trace_differences
from evals.benchmarks.fuzz.sets import OPTIONS, fuzz_definition
from evals.benchmarks.generated_rules import literals_of
from rules.model import Definition
from rules.rule_set import RuleSet

WARM_UP = 100_000
MEMORY_SET = 3
"""Of the shape whose groups have the matcher hold the most at once."""
_TRACED_EVERY = 10
_KEPT = 5
_REPORT_EVERY = 10_000


def fuzz_set(seed: int, number: int, count: int) -> dict[str, Any]:
    """Evaluate ``count`` sets of facts with rule set ``number`` and compare all three opinions."""
    definition = fuzz_definition(seed, number)
    rng = random.Random(f"{seed}:facts:{number}")
    drawn = HostileFacts(rng, definition, literals_of(definition))
    rule_set = RuleSet(definition)
    found: list[str] = []
    facts = fired = differing = 0
    try:
        for at in range(count):
            given = drawn.draw()
            facts += len(given)
            verdict = rule_set.evaluate(given, OPTIONS)
            fired += bool(verdict.fired)
            wrong = _judged(definition, given, verdict, traced=at % _TRACED_EVERY == 0)
            if wrong:
                differing += 1
                found.append(f"evaluation {at}: {'; '.join(wrong)}")
        return {
            "evaluations": count,
            "facts": facts,
            "fired": fired,
            "disagreements": rule_set.disagreements,
            "failures": rule_set.failures,
            "oracle_differences": differing,
            "found": found[:_KEPT],
            "hostile": dict(drawn.counts),
            "evaluators": rule_set.evaluators,
        }
    finally:
        rule_set.close()


def _judged(
    definition: Definition, given: dict[str, Any], verdict: Any, *, traced: bool
) -> list[str]:
    expected = expect(definition, given)
    wrong = differences(definition, expected, verdict)
    if traced and (lines := trace_differences(definition, expected, verdict)):
        wrong.append(f"{lines} lines of the trace are wrong")
    return wrong


def hold(seed: int, count: int, *, warm_up: int = WARM_UP) -> Iterator[dict[str, Any]]:
    """Evaluate new facts with one rule set; resident memory from the end of the warm-up on.

    In the warm-up whatever is remembered, up to its bound, is filled.
    """
    definition = fuzz_definition(seed, MEMORY_SET)
    drawn = HostileFacts(random.Random(f"{seed}:memory"), definition, literals_of(definition))
    rule_set = RuleSet(definition)
    start = highest = 0.0
    for at in range(1, warm_up + count + 1):
        rule_set.evaluate(drawn.draw(), OPTIONS)
        if at == warm_up:
            gc.collect()
            start = highest = resident_mb()
        elif at % _REPORT_EVERY == 0:
            highest = max(highest, resident_mb())
            yield {"done": at / (warm_up + count)}
    gc.collect()
    end = resident_mb()
    yield {
        "evaluations": count,
        "rules": len(definition.all_rules),
        "disagreements": rule_set.disagreements,
        "failures": rule_set.failures,
        "rss_start_mb": start,
        "rss_end_mb": end,
        "rss_highest_mb": max(highest, end),
        "rss_growth_mb": round(end - start, 2),
    }
    rule_set.close()


def resident_mb() -> float:
    """Resident memory of this process in MB; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return round(int(line.split()[1]) * 1024 / 1e6, 2)


def main() -> None:
    """Do as the arguments say."""
    faulthandler.enable()
    mode, seed, *numbers = sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:])
    if mode == "memory":
        for row in hold(seed, *numbers):
            _tell(row)
        return
    first, count, each = numbers
    for number in range(first, first + count):
        _tell({"begun": number})
        _tell({"set": number, **fuzz_set(seed, number, each), "rss_mb": resident_mb()})


def _tell(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
