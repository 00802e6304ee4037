"""Stand-ins with known answers, so that a test can say what must follow. Not for measurement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel
from signalbox.domain.outcome import Outcome
from signalbox.domain.prediction import Prediction, Proposal, ScoredOption
from signalbox.domain.task import Task

TEAMS = ("network", "payroll", "security")


class ScriptedPredictor:
    """Sure of the team a text names first; unsure of every text that names none."""

    version = "scripted"

    def __init__(self, delay_s: float = 0.0) -> None:
        self.options: Sequence[str] = TEAMS
        self.level = AutonomyLevel.AUTOMATIC
        self.delay_s = delay_s
        self.fed: list[tuple[Decision, Outcome]] = []
        self.asked = 0

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction:
        self.asked += 1
        time.sleep(self.delay_s)
        named = [team for team in offered if team in task.text]
        first = named[0] if named else offered[0]
        sure = 0.99 if named else 0.4
        rest = [team for team in offered if team != first]
        ranked = [ScoredOption(option=first, probability=sure)]
        ranked += [
            ScoredOption(option=team, probability=(1 - sure) / max(len(rest), 1)) for team in rest
        ]
        return Prediction(
            ranked=tuple(ranked),
            automatic=bool(named),
            threshold=0.9,
            certified_bound=0.04,
            level=self.level,
            reason="" if named else "0.40 is below the certified threshold 0.90",
            version=self.version,
        )

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        self.fed.append((decision, outcome))


class ScriptedConsultant:
    """Proposes what it was made with; calibrated and certified or not as told."""

    def __init__(
        self, option: str, calibrated: bool = False, certified: bool = False, delay_s: float = 0.0
    ) -> None:
        self.option, self.calibrated, self.certified = option, calibrated or certified, certified
        self.delay_s = delay_s
        self.status = "scripted"
        self.asked: list[Consultation] = []
        self.fed: list[tuple[Decision, Outcome]] = []
        self.failure = ""

    async def aclose(self) -> None:
        pass

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        self.fed.append((decision, outcome))

    def report(self) -> dict[str, Any]:
        return {"status": self.status}

    async def consult(self, question: Consultation) -> Consulted:
        self.asked.append(question)
        await asyncio.sleep(self.delay_s)
        if self.failure:
            return Consulted(failure=self.failure, note=f"failed: {self.failure}", cost_usd=0.01)
        proposal = Proposal(
            option=self.option,
            confidence=0.9 if self.calibrated else None,
            calibrated=self.calibrated,
            certified=self.certified,
            certified_bound=0.03 if self.certified else None,
            doubt="" if self.certified else "the language model is not certified",
        )
        return Consulted(proposal=proposal, note=f"proposed '{self.option}'", samples=1)
