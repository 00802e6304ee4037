"""The consultant of an engine without a language model."""

from __future__ import annotations

from signalbox.domain.consultation import Consultation, Consulted


class NoConsultant:
    """Always declines, so that every uncertain task takes the fallback exit."""

    status = "off: no language model is configured"

    async def consult(self, question: Consultation) -> Consulted:
        """No proposal: there is nobody to ask."""
        return Consulted(note=self.status)

    async def aclose(self) -> None:
        """Nothing to close."""
