"""Routing: which team a task goes to. The first kind of decision on the spine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphs.kind import Brief, Scalar
from graphs.readings import amount_of, flag_of, given_as, priority_of, tier_of
from guardrails import Screened
from rules.kinds import CHOSEN
from signalbox.domain.decision import Decision
from signalbox.domain.enums import Kind, Reversibility, RiskClass
from signalbox.domain.limits import Draw
from signalbox.domain.plain import plain
from signalbox.domain.ports import Predictor
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task

ACTION = "route_task"
TEAM = "team"
MAX_SHOWN = 100


class Routing:
    """Options are the teams the router was learned with; facts come from typed fields only."""

    kind = Kind.ROUTING
    reversibility = Reversibility.REVERSIBLE
    brief = Brief()

    def __init__(
        self,
        predictor: Callable[[], Predictor | None],
        extra: Sequence[str] = (),
        sensitive: Sequence[str] = (),
    ) -> None:
        self._predictor = predictor
        self._extra = tuple(extra)
        self._sensitive = frozenset(map(plain, sensitive))

    def options(self, task: Task | None = None) -> tuple[str, ...]:
        """Teams of the model in force, then those named in settings only."""
        predictor = self._predictor()
        known = tuple(predictor.options) if predictor else ()
        return known + tuple(team for team in self._extra if team not in known)

    def facts(
        self,
        task: Task,
        screened: Screened,
        prediction: Prediction | None,
        *,
        spoken: bool,
        option: str | None = None,
    ) -> dict[str, Scalar]:
        """Facts by the names of ``rules.kinds.ROUTING_FACTS``.

        Without a model nobody vouches for the text: out of scope, confidence 0.
        """
        given = given_as(task.attributes)
        # What is cut is redacted first: half a number would not be recognised as one.
        safe = given_as(screened.attributes)
        for name, value in given.items():
            if len(value) > MAX_SHOWN:
                given[name] = safe.get(name, "")
        facts: dict[str, Scalar] = {
            "priority": priority_of(given.get("priority", ""))[:MAX_SHOWN],
            "text_length": screened.text_length,
            "language_risk": screened.language_risk,
            "redactions": screened.redactions,
            "model_ready": self._predictor() is not None,
        }
        for name in ("channel", "source"):
            if name in given:
                facts[name] = given[name][:MAX_SHOWN]
        readers: dict[str, Callable[[str], Scalar]] = {
            "customer_tier": tier_of, "has_attachment": flag_of, "amount": amount_of
        }  # fmt: skip
        for name, read in readers.items():
            if name in given:
                found = read(given[name])
                facts[name] = found[:MAX_SHOWN] if isinstance(found, str) else found
        if spoken:
            best = prediction.best if prediction else None
            facts["in_scope"] = prediction.in_scope if prediction else False
            facts["confidence"] = round(best.probability, 4) if best else 0.0
            if option is not None:
                facts[CHOSEN] = option
        return facts

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction | None:
        predictor = self._predictor()
        return None if predictor is None else predictor.predict(task, offered)

    def verify(self, task: Task, option: str, offered: Sequence[str]) -> str:
        return "" if option in offered else f"'{option}' is not among the offered teams"

    def risk(self, task: Task, option: str) -> RiskClass:
        """Top for a team that is named as sensitive, high for what is critical."""
        if plain(option) in self._sensitive:
            return RiskClass.TOP
        urgency = priority_of(given_as(task.attributes).get("priority", ""))
        return RiskClass.HIGH if urgency == "critical" else RiskClass.STANDARD

    def draws(self, task: Task, option: str) -> tuple[Draw, ...]:
        """Nothing: a task that is sent somewhere costs no allowance."""
        return ()

    def action(self, decision: Decision) -> tuple[str, dict[str, object], str]:
        team = decision.option
        description = (
            f"Send task {decision.subject} to {team}"
            if team
            else f"Choose a team for task {decision.subject}"
        )
        args: dict[str, object] = {"task_id": decision.subject, TEAM: team}
        return ACTION, args, f"{description}: {decision.reason}"
