"""Both rule evaluators, and a third opinion, on hostile facts; and whether memory stays flat.

Run ``python -m evals.benchmarks.rules_fuzz [--evaluations 1000000] [--seed 1] --json``. To see one
rule set of a run again: ``python -m evals.benchmarks.fuzz.worker sets SEED NUMBER 1 2000``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

EVALUATIONS = 1_000_000
EACH = 2_000
SETS_A_PROCESS = 100
HUNG_S = 300.0
_MOST_CRASHES = 20
_KEPT = 20
_SUMMED = ("evaluations", "facts", "fired", "disagreements", "failures", "oracle_differences")

Progress = Callable[[str, float], None]


def fuzz_rules(
    evaluations: int = EVALUATIONS,
    seed: int = 1,
    *,
    each: int = EACH,
    memory: bool = True,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Evaluate ``evaluations`` sets of hostile facts with random rule sets, ``each`` with one.

    ``facts`` counts single values. ``oracle_differences`` are evaluations in which a third, plain
    evaluation of the raw facts comes to another result. The work is done in processes of their own,
    a hundred rule sets in each: one that dies, or says nothing for five minutes, is a crash, named
    with its rule set, and the next rule set gets a new one. ``rss_*`` are of as many evaluations
    again with one rule set, after a warm-up; ``rule_sets`` says what memory does while sets come
    and go.
    """
    count = -(-evaluations // each)
    rows, crashes = _all_sets(seed, count, each, progress)
    summed = {key: sum(row[key] for row in rows) for key in _SUMMED}
    hostile = sum((Counter(row["hostile"]) for row in rows), Counter[str]())
    kept = _kept_memory(seed, evaluations, crashes, progress) if memory else {}
    found = [{"set": row["set"], "what": what} for row in rows for what in row["found"]]
    return {
        "evaluations": summed.pop("evaluations"),
        "facts": summed.pop("facts"),
        "sets": len(rows),
        **summed,
        "crashes": len(crashes),
        "crashed": crashes,
        "found": found[:_KEPT],
        **kept,
        "rule_sets": _coming_and_going(rows),
        "hostile": dict(sorted(hostile.items())),
        "evaluators": rows[0]["evaluators"] if rows else "",
        "seed": seed,
        "each": each,
    }


def failed(report: dict[str, Any]) -> bool:
    """Whether anything but memory is not as it should be."""
    names = ("disagreements", "failures", "oracle_differences", "crashes")
    return any(report[name] for name in names)


def _all_sets(
    seed: int, count: int, each: int, progress: Progress
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    crashes: list[dict[str, Any]] = []
    following = 0
    while following < count and len(crashes) < _MOST_CRASHES:
        first = begun = following
        with _worker("sets", seed, first, min(SETS_A_PROCESS, count - first), each) as worker:
            for row in worker.rows():
                begun = row.get("begun", begun)
                if "set" in row:
                    rows.append({**row, "process": first})
                    progress("fuzzing", (row["set"] + 1) / count)
        if not worker.ended_well:
            crashes.append({"seed": seed, "set": begun, "how": worker.how})
        following = begun + 1
    return rows, crashes


def _kept_memory(
    seed: int, evaluations: int, crashes: list[dict[str, Any]], progress: Progress
) -> dict[str, Any]:
    last: dict[str, Any] = {}
    with _worker("memory", seed, evaluations) as worker:
        for row in worker.rows():
            if "done" in row:
                progress("holding", row["done"])
            else:
                last = row
    if not worker.ended_well:
        crashes.append({"seed": seed, "set": "memory", "how": worker.how})
        return {}
    figures = {key: value for key, value in last.items() if key.startswith("rss_")}
    return {**figures, "memory": {k: v for k, v in last.items() if k not in figures}}


def _coming_and_going(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What resident memory grows by with every set that is opened, used and closed again.

    Of each process from its tenth set on, when the libraries are loaded.
    """
    sizes: dict[int, list[float]] = {}
    for row in rows:
        sizes.setdefault(row["process"], []).append(row["rss_mb"])
    lasting = [several[9:] for several in sizes.values() if len(several) > 10]
    growth = sum(several[-1] - several[0] for several in lasting)
    count = sum(len(several) - 1 for several in lasting)
    if not count:
        return {}
    return {
        "opened_and_closed": count,
        "rss_growth_mb": round(growth, 1),
        "mb_each": round(growth / count, 3),
    }


class _Worker:
    """A process that tells one row a line; silent for too long, it is killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.hung = False

    def rows(self) -> Iterator[dict[str, Any]]:
        lines: Queue[str] = Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=HUNG_S)
            except Empty:
                self.hung = True
                self.process.kill()
                return
            if not line.endswith("\n"):
                return
            yield json.loads(line)

    def _read(self, lines: Queue[str]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.put(line)
        lines.put("")

    @property
    def ended_well(self) -> bool:
        return self.process.returncode == 0 and not self.hung

    @property
    def how(self) -> str:
        code = self.process.returncode
        if self.hung:
            return f"said nothing for {HUNG_S:g} s"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


@contextmanager
def _worker(*arguments: str | int) -> Iterator[_Worker]:
    command = [sys.executable, "-m", "evals.benchmarks.fuzz.worker", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield _Worker(process)
        process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    """The command line of this benchmark."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.benchmarks.rules_fuzz", description=__doc__
    )
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.evaluations < 1:
        parser.error("--evaluations has to be at least 1")

    def told(what: str, share: float) -> None:
        sys.stderr.write(f"\r{what} {share:6.1%} ")
        sys.stderr.flush()

    report = fuzz_rules(given.evaluations, given.seed, progress=told)
    sys.stderr.write("\n")
    sys.stdout.write(json.dumps(report, indent=None if given.json else 2) + "\n")
    sys.exit(failed(report))


if __name__ == "__main__":
    main()
