"""Small streams made up for the tests, and a fixed router that knows only what it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.table import Table

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
TEAMS = ("network", "payroll", "desktop", "database")


def tickets(n: int, seed: int = 0, *, noise: float = 0.05, shift: int = 0) -> Table:
    """``n`` rows whose product tells the team but for ``noise``; ``shift`` turns the mapping."""
    random = np.random.default_rng(seed)
    products = random.integers(0, 8, n)
    teams = (products + shift) % len(TEAMS)
    teams = np.where(random.random(n) < noise, random.integers(0, len(TEAMS), n), teams)
    return Table(
        texts=None,
        attributes={
            "product": [f"p{p}" for p in products],
            "site": [f"s{s}" for s in random.integers(0, 5, n)],
            "caller": [f"c{c}" for c in random.integers(0, n, n)],
        },
        labels=[TEAMS[t] for t in teams],
        times=[START + timedelta(minutes=7 * i) for i in range(n)],
    )


@dataclass(frozen=True)
class Answer:
    probabilities: np.ndarray
    automatic: np.ndarray


@dataclass(frozen=True)
class FixedRouter:
    """Says team ``k`` for product ``k mod 4`` with the given confidence, always."""

    confidence: float = 0.97
    version: str = "fixed"

    @property
    def classes(self) -> list[str]:
        return list(TEAMS)

    def predict(self, texts: Any, attributes: Any = None, *, dense: Any = None) -> Answer:
        rows = by_row(attributes)
        other = (1 - self.confidence) / (len(TEAMS) - 1)
        out = np.full((len(rows), len(TEAMS)), other, np.float32)
        for i, row in enumerate(rows):
            out[i, int(row["product"][1:] or 0) % len(TEAMS)] = self.confidence
        return Answer(out, np.full(len(rows), self.confidence >= 0.95))


def by_row(attributes: Any) -> Sequence[Mapping[str, str]]:
    if isinstance(attributes, Mapping):
        names = list(attributes)
        return [dict(zip(names, r, strict=True)) for r in zip(*attributes.values(), strict=True)]
    return list(attributes)


def follow(online: OnlineRouter, table: Table, delay: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Walk ``table`` with feedback; returns (correct, automatic)."""
    correct, automatic, waiting = [], [], []
    for i, label in enumerate(table.labels):
        row = {name: values[i] for name, values in table.attributes.items()}
        text = table.texts[i] if table.texts else None
        decision = online.decide(text, row, table.times[i] if table.times else None)
        correct.append(decision.label == label)
        automatic.append(decision.automatic)
        waiting.append((decision, label))
        if len(waiting) > delay:
            online.feed_back(*waiting.pop(0))
    return np.array(correct), np.array(automatic)


def small(**changes: Any) -> OnlineConfig:
    """A configuration for streams of some hundred rows."""
    values: dict[str, Any] = {
        "min_evidence": 100,
        "refit_every": 400,
        "window": 1500,
        "trees": 25,
    } | changes
    return OnlineConfig(**values)
