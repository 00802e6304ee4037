"""What the online mode answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["automatic", "suggest"]


@dataclass(frozen=True, slots=True)
class OnlineDecision:
    """One row decided; hand it, or its ``id``, back with the true label.

    ``probability`` is the recalibrated chance that ``label`` is right; ``ranked`` holds the
    likeliest labels with their share of belief, ``signals`` what the chance was judged by.
    ``above`` says that it reached the threshold, ``automatic`` that autonomy stood as well.
    ``observed_bound`` is the upper confidence limit on the error among the last automatic rows that
    have been answered: a running figure, no certificate.
    """

    id: str
    label: str
    probability: float
    ranked: list[tuple[str, float]]
    signals: tuple[float, ...]
    above: bool
    automatic: bool
    threshold: float | None
    observed_bound: float | None
    level: Level
    reason: str
    version: str
