"""Made-up labelled cases with a known chance of being right. They measure no model."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from agents.calibration import CalibrationKey
from agents.features import Features
from agents.labelled import LabelledCase

KEY = CalibrationKey(model="deepseek-r1", prompt_version="routing-1@0123456789ab", dialect="vllm")


def some_features(rng: np.random.Generator, *, samples: int = 2) -> Features:
    agree = samples == 2 and bool(rng.random() < 0.7)
    return Features(
        choice="network",
        samples=samples,
        agree=agree,
        differ=samples == 2 and not agree,
        bin=float(rng.choice([0.975, 0.825, 0.55, 0.275])),
        log_tokens=float(rng.uniform(3, 9)),
        hedges=float(rng.exponential(2)),
        local_agrees=bool(rng.random() < 0.6),
        local_probability=float(rng.random()),
    )


def informed(features: Features, base: float = 3.0) -> float:
    """A chance that is logistic in the features: agreement, words and a short trace help."""
    z = base + 1.5 * (2 * features.agree - 1) + 6 * (features.bin - 0.8)
    z += -0.6 * (features.log_tokens - 6) - 0.3 * features.hedges + 2 * features.local_agrees - 1
    return 1 / (1 + math.exp(-z))


def cases(
    seed: int, n: int, chance: Callable[[Features], float], *, samples: int = 2
) -> list[LabelledCase]:
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        features = some_features(rng, samples=samples)
        right = bool(rng.random() < chance(features))
        made.append(LabelledCase(id=f"case-{seed}-{number}", features=features, correct=right))
    return made
