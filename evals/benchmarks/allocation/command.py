"""The command line the benchmarks of a single process share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure; ``seeds`` are those of the evaluation."""

    tune_seconds: float
    episodes: int
    seed: int
    jobs: int
    state: Path | None

    @property
    def seeds(self) -> range:
        """One for each episode."""
        return range(self.seed, self.seed + self.episodes)

    @property
    def tuning(self) -> TuneConfig:
        """How to search for a policy."""
        return TuneConfig(seconds=self.tune_seconds, jobs=self.jobs)

    def part(self, name: str, measure: Callable[[], Any]) -> Any:
        """What ``measure`` gives, or gave when it was asked so before: ``--state`` keeps it."""
        say(f"{name} ...")
        if self.state is None:
            return measure()
        asked = [self.tune_seconds, self.episodes, self.seed]
        plain = "".join(c if c.isalnum() or c in "-." else "_" for c in name)
        path = self.state / f"{plain}.json"
        if path.is_file():
            kept = json.loads(path.read_text("utf-8"))
            if kept["asked"] == asked:
                return kept["found"]
        found = measure()
        self.state.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps({"asked": asked, "found": found}), "utf-8")
        draft.replace(path)
        return found


def say(what: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(what + "\n")
    sys.stderr.flush()


def run(
    arguments: list[str] | None, about: str, measure: Callable[[Process, Options], dict[str, Any]]
) -> int:
    """``measure`` for every process of the files; one JSON object on stdout."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--scenario", type=Path, nargs="+", required=True)
    parser.add_argument("--tune-seconds", type=float, default=60.0)
    parser.add_argument("--episodes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--state", type=Path, help="folder to keep what is done in, to go on from")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    options = Options(given.tune_seconds, given.episodes, given.seed, given.jobs, given.state)
    results = {}
    try:
        for path in given.scenario:
            for name, process in read_processes(path).items():
                results[name] = measure(process, options)
    except BadInput as error:
        say(f"{error}\n{error.hint or ''}".rstrip())
        return 2
    sys.stdout.write(json.dumps(results, indent=None if given.json else 1) + "\n")
    return 0
