"""The consultant of an engine without a language model."""

from __future__ import annotations

from signalbox.domain.prediction import Prediction, Proposal
from signalbox.domain.task import Task


class NoConsultant:
    """Always declines, so that every uncertain task takes the fallback exit."""

    def __init__(self, configured: bool = False) -> None:
        self.status = (
            "off: SIGNALBOX_LLM__ settings are present, but this version has no client for them"
            if configured
            else "off: no language model is configured"
        )

    async def consult(self, task: Task, prediction: Prediction) -> Proposal | None:
        """None: there is nobody to ask."""
        return None
