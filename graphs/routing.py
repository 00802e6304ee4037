"""Routing: which team a task goes to. The first kind of decision on the spine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from graphs.kind import Scalar
from guardrails import Screened
from signalbox.domain.decision import Decision
from signalbox.domain.enums import Kind, Reversibility
from signalbox.domain.ports import Predictor
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task

ACTION = "route_task"
TEAM = "team"

# Service desks write priorities as "2 - High", "P1" or plain words; rules see one of four.
_PRIORITIES = {
    "critical": "critical", "urgent": "critical", "p1": "critical", "1": "critical",
    "high": "high", "p2": "high", "2": "high",
    "normal": "normal", "moderate": "normal", "medium": "normal", "p3": "normal", "3": "normal",
    "low": "low", "planning": "low", "p4": "low", "4": "low", "p5": "low", "5": "low",
}  # fmt: skip
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
MAX_AMOUNT = 1e12
_TRUE = {"true", "yes", "1", "y"}


def priority_of(written: str) -> str:
    """One of low, normal, high, critical; normal where the words say nothing known."""
    for word in reversed(written.lower().replace("-", " ").split()):
        if word in _PRIORITIES:
            return _PRIORITIES[word]
    return "normal"


class Routing:
    """Options are the teams the router was learned with; facts come from typed fields only."""

    kind = Kind.ROUTING
    reversibility = Reversibility.REVERSIBLE

    def __init__(
        self, predictor: Callable[[], Predictor | None], extra: Sequence[str] = ()
    ) -> None:
        self._predictor = predictor
        self._extra = tuple(extra)

    def options(self) -> tuple[str, ...]:
        """Teams of the model in force, then those named in settings only."""
        predictor = self._predictor()
        known = tuple(predictor.options) if predictor else ()
        return known + tuple(team for team in self._extra if team not in known)

    def facts(
        self, task: Task, screened: Screened, prediction: Prediction | None, *, spoken: bool
    ) -> dict[str, Scalar]:
        """Facts by the names of ``rules.kinds.ROUTING_FACTS``.

        Without a model nobody vouches for the text: out of scope, confidence 0.
        """
        given = task.attributes
        facts: dict[str, Scalar] = {
            "priority": priority_of(given.get("priority", "")),
            "text_length": screened.text_length,
            "language_risk": screened.language_risk,
            "redactions": screened.redactions,
            "model_ready": self._predictor() is not None,
        }
        for name in ("channel", "source"):
            if given.get(name):
                facts[name] = given[name][:100]
        tier = given.get("customer_tier", "").strip().lower()
        if tier in ("standard", "vip"):
            facts["customer_tier"] = tier
        if "has_attachment" in given:
            facts["has_attachment"] = given["has_attachment"].lower() in _TRUE
        if given.get("amount", "").strip():
            facts["amount"] = _amount(given["amount"].strip())
        if spoken:
            best = prediction.best if prediction else None
            facts["in_scope"] = prediction.in_scope if prediction else False
            facts["confidence"] = round(best.probability, 4) if best else 0.0
        return facts

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction | None:
        predictor = self._predictor()
        return None if predictor is None else predictor.predict(task, offered)

    def verify(self, task: Task, option: str, offered: Sequence[str]) -> str:
        return "" if option in offered else f"'{option}' is not among the offered teams"

    def action(self, decision: Decision) -> tuple[str, dict[str, object], str]:
        team = decision.option
        description = (
            f"Send task {decision.subject} to {team}"
            if team
            else f"Choose a team for task {decision.subject}"
        )
        args: dict[str, object] = {"task_id": decision.subject, TEAM: team}
        return ACTION, args, f"{description}: {decision.reason}"


def _amount(written: str) -> float | str:
    """The number written; as it stands where it cannot be read, so that the rules fail closed."""
    plain = written.replace(",", "") if _GROUPED.fullmatch(written) else written
    try:
        amount = round(float(plain), 2)
    except (ValueError, OverflowError):
        return written
    return amount if abs(amount) <= MAX_AMOUNT else written
