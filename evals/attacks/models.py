"""Which model is asked: the stand-in that always obeys, or the one of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evals.attacks.attempt import Attempt
from evals.attacks.cases import Case
from evals.attacks.stand_in import LABEL, StandIn


class Model(Protocol):
    """Asked directly by the arms that have no engine."""

    @property
    def label(self) -> str:
        """What it is, for every report."""

    async def reply(
        self, case: Case, attempt: Attempt | None, prompt: str, offered: Sequence[str]
    ) -> str:
        """The raw text of one answer."""


class WorstCase:
    """The stand-in, as a model."""

    label = LABEL

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def reply(
        self, case: Case, attempt: Attempt | None, prompt: str, offered: Sequence[str]
    ) -> str:
        if attempt is None:
            return self._stand_in.harmless(case, offered)
        return self._stand_in.obeying(attempt, prompt, offered)
