"""Teams that arrive in phases: a fixed threshold against the online mode on CLINC150.

Run ``python -m evals.benchmarks.drift --data clinc150.csv.gz --json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evals.online import evaluate_online
from signalbox.learning.encoder import resolve_encoder
from signalbox.learning.measures import wilson
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.router import Router
from signalbox.learning.table import Table, read_table
from signalbox.learning.training import LearnConfig, learn_routing

PHASES = 4
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Stream:
    """What the model learns from and what then comes, as row numbers in order."""

    history: np.ndarray
    rows: np.ndarray


def phased(teams: list[str], seed: int, *, first: int = 5, keep: float = 0.6) -> Stream:
    """Teams arrive in phases of the stream; the mix of the teams present shifts at each.

    The history holds ``keep`` of the rows of the ``first`` teams only. The stream has ``PHASES``
    phases; the remaining teams join in equal groups from the second phase on. A team's rows are
    spread over the phases it is present in by random weights drawn for each seed.
    """
    random = np.random.default_rng(seed)
    names = list(random.permutation(sorted(set(teams))))
    team = np.array(teams)
    late = np.array_split(np.array(names[first:]), PHASES - 1)
    arrival = dict.fromkeys(names[:first], 0)
    arrival |= {str(name): p + 1 for p, group in enumerate(late) for name in group}
    history: list[int] = []
    phases: list[list[int]] = [[] for _ in range(PHASES)]
    for name in names:
        rows = random.permutation(np.flatnonzero(team == name))
        if arrival[name] == 0:
            cut = int(keep * len(rows))
            history += rows[:cut].tolist()
            rows = rows[cut:]
        present = range(arrival[name], PHASES)
        weights = random.dirichlet(np.full(len(present), 2.0))
        for row, phase in zip(rows, random.choice(present, len(rows), p=weights), strict=True):
            phases[phase].append(int(row))
    stream = [random.permutation(np.array(p, int)) for p in phases]
    return Stream(random.permutation(np.array(history)), np.concatenate(stream))


def fixed_threshold(router: Router, stream: Table, late: np.ndarray) -> dict[str, Any]:
    """The router as learned, its certified threshold and its scope left alone."""
    batch = router.predict(stream.texts, {}, dense=late)
    correct = np.array(batch.labels) == np.array(stream.labels)
    taken = batch.automatic
    hits, n = int(correct[taken].sum()), int(taken.sum())
    return {
        "accuracy": float(correct.mean()),
        "coverage": float(taken.mean()),
        "selective_accuracy": hits / n if n else None,
        "selective_accuracy_interval": wilson(hits, n) if n else None,
    }


def run(
    table: Table,
    teams: list[str],
    vectors: np.ndarray,
    seed: int,
    *,
    encoder_name: str = "auto",
    label_delay: int = 0,
) -> dict[str, Any]:
    """One seed: the fixed threshold and the online mode on the same stream."""
    stream = phased(teams, seed)
    order = np.concatenate([stream.history, stream.rows])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    timed = Table(
        texts=table.texts,
        attributes={},
        labels=table.labels,
        times=[start] * len(table),
    ).take(order)
    times = [start + timedelta(minutes=i) for i in range(len(order))]
    n = len(stream.history)
    timed = Table(texts=timed.texts, attributes={}, labels=timed.labels, times=times)
    history, rest = timed.take(range(n)), timed.take(range(n, len(order)))
    encoder = Lookup(dict(zip(timed.texts or [], vectors[order], strict=True)))
    learn = LearnConfig(encoder=encoder_name, seed=seed)
    router, _ = learn_routing(history, learn, dense=vectors[stream.history])
    online = OnlineRouter(router, OnlineConfig(seed=seed), history, encoder=encoder)
    return {
        "seed": seed,
        "learned_rows": n,
        "fixed": fixed_threshold(router, rest, vectors[stream.rows]),
        "online": evaluate_online(router, rest, online, label_delay=label_delay),
    }


@dataclass(frozen=True, slots=True)
class Lookup:
    """An encoder that has already embedded every text it will be asked for."""

    vectors: dict[str, np.ndarray]

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.vectors[t] for t in texts])


def main(arguments: list[str] | None = None) -> int:
    """Both label columns, several seeds; JSON on stdout, progress on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--labels", default="intent,team")
    parser.add_argument("--encoder", default="auto")
    parser.add_argument("--rows", type=int, default=0, help="use only so many rows (0: all)")
    parser.add_argument("--label-delay", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    teams = read_table(given.data, text="text", label="team")
    keep = [i for i, t in enumerate(teams.labels) if t != OUT_OF_SCOPE]
    if given.rows:
        keep = sorted(np.random.default_rng(0).permutation(keep)[: given.rows].tolist())
    teams = teams.take(keep)
    encoder = resolve_encoder(given.encoder)
    if encoder is None:
        parser.error("this benchmark needs a sentence encoder: `make embeddings`")
    vectors = encoder.encode(teams.texts or [])
    results: dict[str, Any] = {"rows": len(teams), "phases": PHASES, "labels": {}}
    for label in given.labels.split(","):
        table = read_table(given.data, text="text", label=label).take(keep)
        runs = []
        for seed in range(given.seeds):
            found = run(
                table,
                teams.labels,
                vectors,
                seed,
                encoder_name=given.encoder,
                label_delay=given.label_delay,
            )
            runs.append(found)
            fixed, online = found["fixed"], found["online"]
            sys.stderr.write(
                f"{label} seed {seed}: fixed {fixed['selective_accuracy']} at "
                f"{fixed['coverage']:.3f}; online {online['selective_accuracy']} at "
                f"{online['coverage']:.3f}\n"
            )
        results["labels"][label] = runs
    sys.stdout.write(json.dumps(results, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
