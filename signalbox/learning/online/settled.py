"""A decision whose true label is known, as far as the threshold and the alarm go by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settled:
    """``label`` was proposed on the strength of ``signals``; ``correct`` says whether rightly.

    ``above``: the score reached the threshold, so that the model would have gone alone had it its
    autonomy. ``automatic``: the model did go alone; ``right`` says whether what it did was right.
    """

    label: str
    signals: tuple[float, ...]
    correct: bool
    above: bool
    automatic: bool
    right: bool
