"""Features: what one or two answers, and the local model, say about how far to trust a choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p

from pydantic import Field

from agents.confidence import THRESHOLDS, BinWord
from signalbox.domain.base import Name, Value
from signalbox.domain.prediction import ScoredOption

# The end of a trace is where a doubt is settled or left; its length bounds the time this takes.
HEDGES_READ = 20_000
_CHARACTERS_PER_TOKEN = 4
_HEDGES = re.compile(
    r"\b(?:wait|hmm+|maybe|perhaps|possibly|probably|presumably|might|unsure|uncertain|unclear"
    r"|ambiguous|alternatively|however|although|not (?:entirely |quite |completely )?sure"
    r"|hard to say|on the other hand|could also|could be)\b"
    r"|可能|也许|或许|不确定|不清楚|等等|另一方面",
    re.IGNORECASE,
)


class Sample(Value):
    """One answer that passed the reader.

    ``trace_tokens`` is the length of the reasoning, ``hedges`` its hedging words per 1,000
    characters. The reasoning itself is not kept.
    """

    choice: Name
    confidence: BinWord
    trace_tokens: int = Field(default=0, ge=0)
    hedges: float = Field(default=0.0, ge=0)


class Features(Value):
    """What the calibration reads, and the choice it is about.

    Agreement is two columns, so that one sample (neither) is not taken for two that differ.
    ``bin`` is the mean of what the words are worth, ``log_tokens`` the mean of log(1 + tokens);
    ``local_agrees`` says that the local model ranks the choice first, ``local_probability`` what
    it gives it, 0 where it has no view.
    """

    choice: Name
    samples: int = Field(ge=1, le=2)
    agree: float = Field(ge=0, le=1)
    differ: float = Field(ge=0, le=1)
    bin: float = Field(ge=0, le=1)
    log_tokens: float = Field(ge=0)
    hedges: float = Field(ge=0)
    local_agrees: float = Field(ge=0, le=1)
    local_probability: float = Field(ge=0, le=1)

    @property
    def vector(self) -> tuple[float, ...]:
        """The columns of ``COLUMNS``, in that order."""
        return tuple(float(getattr(self, name)) for name in COLUMNS)


COLUMNS = (
    "agree",
    "differ",
    "bin",
    "log_tokens",
    "hedges",
    "local_agrees",
    "local_probability",
)


def sample_of(choice: str, word: BinWord, reasoning: str, tokens: int | None = None) -> Sample:
    """The sample of an answer; ``tokens`` as the host counted them, else estimated by length."""
    length = len(reasoning) // _CHARACTERS_PER_TOKEN if tokens is None else tokens
    return Sample(choice=choice, confidence=word, trace_tokens=length, hedges=hedge_rate(reasoning))


def hedge_rate(reasoning: str) -> float:
    """Hedging words per 1,000 characters of the end of a reasoning trace; 0 for none."""
    read = reasoning[-HEDGES_READ:]
    return 1000 * sum(1 for _ in _HEDGES.finditer(read)) / len(read) if read else 0.0


def features_of(samples: Sequence[Sample], ranked: Sequence[ScoredOption]) -> Features:
    """Features of one or two samples beside the local model's ranking, best first.

    Where two samples differ, the surer word gives the choice, then the likelier option by the
    local model, then the first. Raises ValueError for no sample or more than two.
    """
    if not 1 <= len(samples) <= 2:
        raise ValueError(f"one or two samples are needed, not {len(samples)}")
    worth = [THRESHOLDS.probability(sample.confidence) for sample in samples]
    local = {one.option: one.probability for one in ranked}
    best = max(
        range(len(samples)), key=lambda at: (worth[at], local.get(samples[at].choice, 0.0), -at)
    )
    choice = samples[best].choice
    two = len(samples) == 2
    agree = two and samples[0].choice == samples[1].choice
    count = len(samples)
    return Features(
        choice=choice,
        samples=count,
        agree=float(agree),
        differ=float(two and not agree),
        bin=sum(worth) / count,
        log_tokens=sum(log1p(sample.trace_tokens) for sample in samples) / count,
        hedges=sum(sample.hedges for sample in samples) / count,
        local_agrees=float(bool(ranked) and ranked[0].option == choice),
        local_probability=local.get(choice, 0.0),
    )
