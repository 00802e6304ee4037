"""Confidence in words: the bins a model answers with, and the numbers they stand for.

Reasoning models put most of their answers, right or wrong, above 85 % when asked for a number, so
they are asked for one of five words, and even those only feed a calibration. This is the one
object that the prompts, the reader and the calibration go by.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field, model_validator

from signalbox.domain.base import Value

BinWord = Literal["almost_certain", "likely", "even", "unlikely", "guess"]
WORDS: tuple[BinWord, ...] = get_args(BinWord)


class Bin(Value):
    """A word for probabilities in [``least``, ``below``); the first bin includes 1."""

    word: BinWord
    least: float = Field(ge=0, lt=1)
    below: float = Field(gt=0, le=1)

    @property
    def probability(self) -> float:
        """The middle of the bin: what the word is worth before any calibration."""
        return (self.least + self.below) / 2


BINS: tuple[Bin, ...] = (
    Bin(word="almost_certain", least=0.95, below=1.0),
    Bin(word="likely", least=0.70, below=0.95),
    Bin(word="even", least=0.40, below=0.70),
    Bin(word="unlikely", least=0.15, below=0.40),
    Bin(word="guess", least=0.0, below=0.15),
)


class Thresholds(Value):
    """What an answer is held to: said in the prompt, checked by the reader.

    ``reason_characters`` bounds one reason. The bins run from high to low without a gap.
    """

    bins: tuple[Bin, ...] = BINS
    most_reasons: int = Field(default=5, ge=1)
    reason_characters: int = Field(default=300, ge=1)

    @model_validator(mode="after")
    def _bins_cover_everything(self) -> Thresholds:
        edges = [(upper.least, lower.below) for upper, lower in pairwise(self.bins)]
        whole = self.bins and self.bins[0].below == 1 and self.bins[-1].least == 0
        if not whole or any(least != below for least, below in edges):
            raise ValueError("bins must run from 1 down to 0 without gap or overlap")
        if sorted(one.word for one in self.bins) != sorted(WORDS):
            raise ValueError(f"bins must use each of these words once: {', '.join(WORDS)}")
        return self

    def probability(self, word: BinWord) -> float:
        """What ``word`` is worth before any calibration."""
        return next(one.probability for one in self.bins if one.word == word)


THRESHOLDS = Thresholds()
