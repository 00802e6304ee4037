"""Side by side with semantic-router: same rows, same encoder, same process.

Runs where the package ``semantic-router`` (1.x) is installed; nothing else here needs it.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.intents import OUT_OF_SCOPE, embed, say, split
from evals.metrics import over_runs, paired_difference
from signalbox.domain.errors import BadInput, MissingExtra
from signalbox.learning.encoder import Encoder, resolve_encoder
from signalbox.learning.folds import stratified
from signalbox.learning.table import Table, read_table
from signalbox.learning.training import LearnConfig, learn_routing

Settings = dict[str, Any]

TOP_K = (1, 5, 10, 20)
AGGREGATIONS = ("mean", "max", "sum")
ALPHAS = (0.5, 0.7, 0.9)
TUNED_ON = 300
# What the package does when nothing is said.
DEFAULT: Settings = {"top_k": 5, "aggregation": "mean", "alpha": None}
TIMED = 300


def semantic_router(data: Path, encoder_name: str, seeds: int) -> dict[str, Any]:
    """Both routers on Banking77 (80/20, ``seeds`` times) and on CLINC150 (train → validation).

    semantic-router stores the training utterances and is judged three times: as it comes
    (``default``), with top_k and aggregation chosen on rows held out of training (``tuned``), and
    with a TF-IDF index mixed in as well (``mixed``); then built again on all training rows. Ours
    learns from the same rows, and neither sees the rows it is evaluated on.
    """
    encoder = resolve_encoder(encoder_name)
    if encoder is None:
        raise BadInput("this comparison needs an encoder", hint="`make embeddings`")
    banking = read_table(data / "banking77.csv.gz", text="text", label="category")
    vectors = embed(banking, encoder_name)
    runs = defaultdict(list)
    for seed in range(seeds):
        fit, held = split(len(banking), seed)
        runs["banking77"].append(_compare(banking, vectors, fit, held, encoder, seed))
    clinc = read_table(data / "clinc150.csv.gz", text="text", label="intent")
    parts = read_table(data / "clinc150.csv.gz", text="text", label="split").labels
    teams = read_table(data / "clinc150.csv.gz", text="text", label="team").labels
    inside = [i for i, team in enumerate(teams) if team != OUT_OF_SCOPE]
    fit = np.asarray([i for i in inside if parts[i] == "train"])
    held = np.asarray([i for i in inside if parts[i] == "validation"])
    vectors = embed(clinc, encoder_name)
    runs["clinc150"].append(_compare(clinc, vectors, fit, held, encoder, 0))
    return {
        "encoder": encoder.name,
        "peer": "semantic-router " + _version(),
        "sets": {name: {**_mean(found), "runs": found} for name, found in runs.items()},
    }


def _mean(runs: list[dict[str, Any]]) -> dict[str, Any]:
    figures = ("accuracy", "lead", "p50_ms", "p99_ms")
    return {
        "ours": over_runs([run["ours"] for run in runs]),
        "ours_p50_ms": over_runs([run["p50_ms"] for run in runs]),
        "ours_p99_ms": over_runs([run["p99_ms"] for run in runs]),
        "peer": {
            arm: {name: over_runs([run["peer"][arm][name] for run in runs]) for name in figures}
            for arm in runs[0]["peer"]
        },
    }


def _compare(
    table: Table,
    vectors: np.ndarray | None,
    fit: np.ndarray,
    held: np.ndarray,
    encoder: Encoder,
    seed: int,
) -> dict[str, Any]:
    assert vectors is not None and table.texts is not None
    router, _ = learn_routing(
        table.take(fit), LearnConfig(encoder=encoder.name, seed=seed), dense=vectors[fit]
    )
    rows = table.take(held)
    truth = np.asarray(rows.labels)
    ours = np.asarray(router.predict(rows.texts, dense=vectors[held]).labels) == truth
    memo = dict(zip(table.texts, vectors, strict=True))
    shared = _encoder_class()(encoder, memo)
    arms = {"default": DEFAULT, **_choose(table, fit, shared, seed)}
    found: dict[str, Any] = {
        "n": len(held),
        "learned_from": len(fit),
        "ours": float(ours.mean()),
        "peer": {},
    }
    peers = {name: _build(table, fit, shared, settings) for name, settings in arms.items()}
    for name, settings in arms.items():
        theirs = np.asarray(_answers(peers[name], rows.texts or [])) == truth
        found["peer"][name] = {
            "settings": settings,
            "accuracy": float(theirs.mean()),
            "lead": float(np.mean(ours.astype(float) - theirs)),
            "lead_interval": paired_difference(ours, theirs),
        }
    shared.forget()
    decide = {"ours": lambda text: router.predict_one(text, {}), **peers}
    sample = (rows.texts or [])[:TIMED]
    # Turn by turn, so that whatever else the machine does slows all of them alike.
    clocked = [[_clock(each, text) for each in decide.values()] for text in sample]
    times = np.asarray(clocked[5:]) * 1000
    for column, name in enumerate(decide):
        place = found if name == "ours" else found["peer"][name]
        place["p50_ms"] = float(np.percentile(times[:, column], 50))
        place["p99_ms"] = float(np.percentile(times[:, column], 99))
    say(json.dumps(found))
    return found


def _choose(table: Table, fit: np.ndarray, shared: Any, seed: int) -> dict[str, Settings]:
    """The settings that answer best on rows held out of the training rows.

    ``tuned``: the encoder alone; ``mixed``: with a TF-IDF index beside it.
    """
    labels = np.unique(np.asarray(table.labels)[fit], return_inverse=True)[1]
    inner, judged = stratified(labels, 5, seed)[0]
    rows = table.take(fit[judged][:TUNED_ON])
    best: dict[str, Settings] = {}
    for arm, alphas in (("tuned", (None,)), ("mixed", ALPHAS)):
        peer = _build(table, fit[inner], shared, {**DEFAULT, "alpha": alphas[0]})
        # The mixed index is slow: it is tried with the aggregation that did best without it.
        names = AGGREGATIONS if arm == "tuned" else (best["tuned"]["aggregation"],)
        top = -1.0
        for alpha, top_k, name in itertools.product(alphas, TOP_K, names):
            settings = {"top_k": top_k, "aggregation": name, "alpha": alpha}
            _set(peer, settings)
            said = np.asarray(_answers(peer, rows.texts or []))
            accuracy = float(np.mean(said == np.asarray(rows.labels)))
            if accuracy > top:
                best[arm], top = settings, accuracy
    return best


def _build(table: Table, fit: np.ndarray, shared: Any, settings: Settings) -> Any:
    from semantic_router import Route
    from semantic_router.encoders import TfidfEncoder
    from semantic_router.routers import IndexedRouter

    texts: dict[str, list[str]] = defaultdict(list)
    for i in fit:
        texts[table.labels[i]].append((table.texts or [])[i])
    routes = [Route(name=name, utterances=found) for name, found in texts.items()]
    sparse = None if settings["alpha"] is None else TfidfEncoder()
    peer = IndexedRouter(encoder=shared, routes=routes, sparse_encoder=sparse)
    _set(peer, settings)
    return peer


def _set(peer: Any, settings: Settings) -> None:
    from semantic_router.routers.indexed import _AGG

    peer.top_k, peer.aggregate = settings["top_k"], _AGG[settings["aggregation"]]
    if settings["alpha"] is not None:
        peer.alpha = settings["alpha"]


def _answers(peer: Any, texts: list[str]) -> list[str]:
    return [str(peer(text).name) for text in texts]


def _clock(decide: Any, text: str) -> float:
    start = time.perf_counter()
    decide(text)
    return time.perf_counter() - start


def _encoder_class() -> Any:
    """semantic-router's encoder interface over ours, so that both embed in the very same way."""
    try:
        from semantic_router.encoders import DenseEncoder
    except ImportError as error:
        raise MissingExtra(
            f"semantic-router cannot be imported ({error})",
            hint="install semantic-router 1.x into an environment for this comparison",
        ) from error

    class Shared(DenseEncoder):  # type: ignore[misc,unused-ignore]
        """Embeddings computed before are looked up until ``forget``."""

        name: str = "shared"
        type: str = "local"

        def __init__(self, encoder: Encoder, memo: dict[str, np.ndarray]) -> None:
            super().__init__()
            object.__setattr__(self, "_ours", encoder)
            object.__setattr__(self, "_memo", memo)

        def forget(self) -> None:
            """From now on, embed every text: what is timed."""
            object.__setattr__(self, "_memo", {})

        def __call__(self, docs: list[str]) -> list[list[float]]:
            memo: dict[str, np.ndarray] = object.__getattribute__(self, "_memo")
            if all(doc in memo for doc in docs):
                return [memo[doc].tolist() for doc in docs]
            ours: Encoder = object.__getattribute__(self, "_ours")
            found: list[list[float]] = ours.encode(docs).tolist()
            return found

    return Shared


def _version() -> str:
    from importlib.metadata import version

    return version("semantic-router")
