"""Accuracy, certified coverage, calibration and scope on the two public intent sets.

python -m evals.benchmarks.intents banking77|clinc150|semantic-router --data DIR --json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from evals.metrics import over_runs
from evals.routing import evaluate_routing
from signalbox.domain.errors import SignalboxError
from signalbox.learning.encoder import AUTO, TFIDF, resolve_encoder
from signalbox.learning.measures import wilson
from signalbox.learning.table import Table, read_table
from signalbox.learning.training import LearnConfig, learn_routing

OUT_OF_SCOPE = "out_of_scope"
FIGURES = (
    "accuracy",
    "coverage_ceiling",
    "coverage",
    "selective_accuracy",
    "ece",
    "p50_ms",
    "p99_ms",
)


def say(line: str) -> None:
    """Progress, kept off standard output."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def embed(table: Table, encoder: str) -> np.ndarray | None:
    """Embeddings of every text, once; they use no label, so splits may share them."""
    found = resolve_encoder(encoder)
    if found is None:
        return None
    say(f"embedding {len(table):,} texts")
    return found.encode(table.texts or [])


def split(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(80% to learn from, 20% to evaluate on) at random."""
    order = np.random.default_rng(seed).permutation(n)
    cut = n // 5
    return order[cut:], order[:cut]


def one_run(
    table: Table,
    dense: np.ndarray | None,
    fit: np.ndarray,
    held: np.ndarray,
    *,
    encoder: str,
    seed: int,
    out_of_scope: str | None = None,
) -> dict[str, Any]:
    """Learn from ``fit`` alone, evaluate on ``held``."""
    router, report = learn_routing(
        table.take(fit),
        LearnConfig(encoder=encoder, seed=seed),
        dense=None if dense is None else dense[fit],
    )
    result = evaluate_routing(
        router,
        table.take(held),
        out_of_scope,
        dense=None if dense is None else dense[held],
    )
    learned = {"reported_accuracy": report.accuracy, "reported_coverage": report.coverage}
    return {**result, **learned, "fit_seconds": report.fit_seconds}


def resplit(table: Table, dense: np.ndarray | None, encoder: str, seed: int) -> dict[str, Any]:
    """One run on 80/20 at random."""
    began = time.perf_counter()
    run = one_run(table, dense, *split(len(table), seed), encoder=encoder, seed=seed)
    say(_line(f"resplit {seed}", run, began))
    return run


def banking77(
    data: Path, encoder: str, seeds: int, resplits: int, workers: int = 1
) -> dict[str, Any]:
    """80/20 at random: ``seeds`` runs for the figures, all ``resplits`` for the guarantee.

    ``workers`` processes share the resplits; times a row are then upper limits.
    """
    table = read_table(data / "banking77.csv.gz", text="text", label="category")
    dense = embed(table, encoder)
    every = range(max(seeds, resplits))
    if workers == 1:
        runs = [resplit(table, dense, encoder, seed) for seed in every]
    else:
        # Started anew rather than forked: a fork would inherit the locks of the encoder's threads.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            given = [pool.submit(resplit, table, dense, encoder, seed) for seed in every]
            runs = [one.result() for one in given]
    kept = sum((run["selective_accuracy"] or 1.0) >= 0.95 for run in runs)
    first = runs[:seeds]
    hits = sum(round(run["accuracy"] * run["n"]) for run in first)
    rows = sum(run["n"] for run in first)
    return {
        "data": "banking77",
        "encoder": encoder,
        "learned_from": "80% of the rows, at random",
        "evaluated_on": "the other 20%",
        "seeds": seeds,
        "figures": {name: over_runs([run[name] or 0.0 for run in first]) for name in FIGURES},
        "accuracy_interval": wilson(hits, rows),
        "resplits": len(runs),
        "guarantee_kept": kept,
        "runs": runs,
    }


def clinc150(data: Path, encoder: str) -> dict[str, Any]:
    """Train split to validation split; out-of-scope rows are only measured on."""
    table = read_table(data / "clinc150.csv.gz", text="text", label="intent")
    parts = read_table(data / "clinc150.csv.gz", text="text", label="split").labels
    teams = read_table(data / "clinc150.csv.gz", text="text", label="team").labels
    labels = [
        OUT_OF_SCOPE if team == OUT_OF_SCOPE else name
        for name, team in zip(table.labels, teams, strict=True)
    ]
    table = Table(table.texts, {}, labels)
    fit = np.asarray([i for i, p in enumerate(parts) if p == "train" and labels[i] != OUT_OF_SCOPE])
    held = np.asarray([i for i, p in enumerate(parts) if p == "validation"])
    dense = embed(table, encoder)
    began = time.perf_counter()
    run = one_run(table, dense, fit, held, encoder=encoder, seed=0, out_of_scope=OUT_OF_SCOPE)
    say(_line("clinc150", run, began))
    return {
        "data": "clinc150",
        "encoder": encoder,
        "learned_from": "train split without out-of-scope rows",
        "evaluated_on": "validation split",
        **run,
    }


def _line(name: str, run: dict[str, Any], began: float) -> str:
    shown = " ".join(f"{k} {run[k]:.4f}" for k in FIGURES if run[k] is not None)
    extra = f" oos_auroc {run['oos_auroc']:.4f}" if run["oos_auroc"] is not None else ""
    return f"{name}: {shown}{extra} ({time.perf_counter() - began:.0f} s)"


def main(arguments: list[str] | None = None) -> int:
    """JSON on stdout, progress on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=["banking77", "clinc150", "semantic-router"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", default=AUTO, help=f"{TFIDF}, {AUTO}, a name or a folder")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--resplits", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1, help="processes for banking77")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    try:
        if given.set == "banking77":
            result = banking77(
                given.data, given.encoder, given.seeds, given.resplits, given.workers
            )
        elif given.set == "clinc150":
            result = clinc150(given.data, given.encoder)
        else:
            from evals.benchmarks.peers import semantic_router

            result = semantic_router(given.data, given.encoder, given.seeds)
    except SignalboxError as error:
        say(str(error))
        return error.exit_code
    sys.stdout.write(json.dumps(result, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
