"""What a new kind of decision brings to the spine: options, features, predictor, verifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from graphs.terms import Terms
from guardrails import Screened
from rules import RuleVerdict
from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel, Kind, Reversibility, RiskClass
from signalbox.domain.limits import Draw
from signalbox.domain.ports import Consultant
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Brief:
    """What a language model is told of this kind beside the case: the question, the criteria."""

    question: str = ""
    criteria: tuple[str, ...] = ()


class DecisionKind(Protocol):
    """One kind of decision. All methods are pure but ``predict``, which may be slow-ish (ms)."""

    @property
    def kind(self) -> Kind: ...

    @property
    def reversibility(self) -> Reversibility: ...

    @property
    def brief(self) -> Brief: ...

    def options(self, task: Task | None = None) -> Sequence[str]:
        """The closed set a choice is made from, by id; where it depends on it, that of ``task``."""

    def facts(
        self,
        task: Task,
        screened: Screened,
        prediction: Prediction | None,
        *,
        spoken: bool,
        option: str | None = None,
    ) -> dict[str, Scalar]:
        """Typed facts for the rules; those of the model only once it has ``spoken``.

        ``option`` is the one drafted, always out of those offered.
        """

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction | None:
        """Calibrated probabilities over ``offered``, or None when no model is ready."""

    def verify(self, task: Task, option: str, offered: Sequence[str]) -> str:
        """What is wrong with an option, in words; empty when nothing is."""

    def risk(self, task: Task, option: str) -> RiskClass:
        """How much goes wrong when ``option`` is wrong for this task."""

    def draws(self, task: Task, option: str) -> Sequence[Draw]:
        """What ``option`` takes out of the day's allowances when no person releases it."""

    def action(self, decision: Decision) -> tuple[str, dict[str, object], str]:
        """Name, arguments and one-line description of what would be done."""


class RuleBook(Protocol):
    """A rule set."""

    def evaluate(self, facts: Mapping[str, object], options: Sequence[str]) -> RuleVerdict: ...


class RulesInForce(RuleBook, Protocol):
    """The rule set in force, which may change at any time: ``evaluate`` asks the newest."""

    def pin(self) -> RuleBook:
        """The set in force now, for one whole decision."""

    def observe(
        self,
        facts: Mapping[str, object],
        options: Sequence[str],
        verdict: RuleVerdict,
        subject: str,
        at: datetime,
    ) -> None:
        """Let a set that is only being tried see the facts too. No effect, and never raises."""


class Recorder(Protocol):
    """Commits a decision; a repeat returns the first.

    ``draws`` are taken in the same transaction: Held, and nothing committed, where one of them, or
    what everything automatic takes, does not fit.
    """

    async def commit(
        self, task: Task, decision: Decision, draws: Sequence[Draw] = ()
    ) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one spine is made of; put together in the composition root.

    ``candidates`` is how many of the likeliest options a language model is offered. ``barred``
    says why operators have lowered the level, where they have.
    """

    kind: DecisionKind
    rules: RulesInForce
    consultant: Consultant
    recorder: Recorder
    candidates: int
    level: Callable[[RiskClass | None], AutonomyLevel]
    clock: Callable[[], datetime]
    engine_version: str
    terms: Terms = field(default_factory=Terms)
    barred: Callable[[], str] = str
