"""Contexts: everything an agent may be told about one case. Values only, nothing is fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field, field_validator

from agents.confidence import THRESHOLDS, Thresholds
from signalbox.domain.base import Identifier, Name, Value
from signalbox.domain.prediction import ScoredOption

MOST_OPTIONS = 500
MOST_EVIDENCE = 12
MOST_STEPS = 20


class Offered(Value):
    """An option that may be chosen: its id, and what it means in a sentence."""

    id: Name
    description: str = ""


class EvidenceItem(Value):
    """Something that speaks for or against an option, and the id it is cited by."""

    id: Identifier
    text: str


class Context(Value):
    """What every agent is told.

    ``excerpt`` is redacted by whoever makes the context (``guardrails.screen``). ``ranked`` is the
    local model's view, best first, and ``automatic`` the probability from which it may decide
    alone, None where nothing is certified.
    """

    prompt: ClassVar[str]

    subject: Identifier
    excerpt: str = ""
    attributes: dict[Name, str] = Field(default_factory=dict)
    offered: tuple[Offered, ...] = Field(min_length=1, max_length=MOST_OPTIONS)
    ranked: tuple[ScoredOption, ...] = ()
    automatic: float | None = Field(default=None, ge=0, le=1)
    evidence: tuple[EvidenceItem, ...] = Field(default=(), max_length=MOST_EVIDENCE)
    thresholds: Thresholds = THRESHOLDS

    @field_validator("offered", "evidence")
    @classmethod
    def _one_of_each(
        cls, items: tuple[Offered, ...] | tuple[EvidenceItem, ...]
    ) -> tuple[Offered, ...] | tuple[EvidenceItem, ...]:
        (most, times), *_ = [*Counter(item.id for item in items).most_common(1), ("", 0)]
        if times > 1:
            raise ValueError(f"the id {most!r} is there more than once")
        return items

    @property
    def offered_ids(self) -> tuple[str, ...]:
        """The closed set an answer must choose from, in the order offered."""
        return tuple(option.id for option in self.offered)

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """What an answer may cite."""
        return tuple(item.id for item in self.evidence)

    def particulars(self) -> Iterator[tuple[str, str]]:
        """(label, text) of what only this kind of context has; the labels are ours."""
        yield from ()


class RoutingContext(Context):
    """Which team a task goes to."""

    prompt = "routing-1"


class AdaptationContext(Context):
    """How a running case goes on: the options are edits of its plan."""

    prompt = "adaptation-1"

    template: Name
    done: tuple[Name, ...] = Field(default=(), max_length=MOST_STEPS)
    planned: tuple[Name, ...] = Field(default=(), max_length=MOST_STEPS)
    trouble: str = Field(default="", description="what does not go as planned")

    def particulars(self) -> Iterator[tuple[str, str]]:
        yield "template", self.template
        for step in self.done:
            yield "done", step
        for step in self.planned:
            yield "planned", step
        if self.trouble:
            yield "trouble", self.trouble


class DecisionContext(Context):
    """A business decision: ``question`` and the criteria it is to be judged by."""

    prompt = "decision-1"

    question: str = Field(min_length=1)
    criteria: tuple[str, ...] = Field(default=(), max_length=MOST_STEPS)

    def particulars(self) -> Iterator[tuple[str, str]]:
        yield "question", self.question
        for criterion in self.criteria:
            yield "criterion", criterion


class TuningContext(Context):
    """Which measured change of the settings to put before a person."""

    prompt = "tuning-1"

    objective: str = Field(min_length=1)
    current: Name
    measures: dict[Name, float] = Field(default_factory=dict, max_length=MOST_STEPS)

    def particulars(self) -> Iterator[tuple[str, str]]:
        yield "objective", self.objective
        yield "in force", self.current
        for name, value in self.measures.items():
            yield "measure", f"{name} = {value:.6g}"
