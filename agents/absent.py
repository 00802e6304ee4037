"""The consultant of an engine without a language model."""

from __future__ import annotations

from typing import Any

from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.outcome import Outcome


class NoConsultant:
    """Always declines, so that every uncertain task takes the fallback exit."""

    status = "off: no language model is configured"

    async def consult(self, question: Consultation) -> Consulted:
        """No proposal: there is nobody to ask."""
        return Consulted(note=self.status)

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Nobody learns from it."""

    def report(self) -> dict[str, Any]:
        """That there is nobody to ask."""
        return {"status": self.status}

    async def aclose(self) -> None:
        """Nothing to close."""
