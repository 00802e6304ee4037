"""What a predictor answers: calibrated probabilities and how far they may be trusted."""

from __future__ import annotations

from pydantic import Field

from signalbox.domain.base import Name, Value
from signalbox.domain.enums import AutonomyLevel


class ScoredOption(Value):
    """An option and its calibrated probability in [0, 1]."""

    option: Name
    probability: float = Field(ge=0, le=1)


class Prediction(Value):
    """A ranked answer over the offered options.

    ``automatic`` says that the certified threshold in force is met; ``certified_bound`` is the
    upper confidence limit on the error among automatic answers, None where nothing is certified.
    ``level`` is how far the predictor's own record lets it go.
    """

    ranked: tuple[ScoredOption, ...]
    automatic: bool = False
    in_scope: bool = True
    scope_score: float = 0.0
    threshold: float | None = None
    certified_bound: float | None = None
    level: AutonomyLevel = AutonomyLevel.SUGGEST
    reason: str = ""
    version: str = ""

    @property
    def best(self) -> ScoredOption | None:
        return self.ranked[0] if self.ranked else None


class Proposal(Value):
    """What a language-model agent answers: one of the offered options, with its reasons."""

    option: Name
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    confidence: float | None = Field(default=None, ge=0, le=1)
    calibrated: bool = False
    model: str = ""
    prompt_version: str = ""
    cost_usd: float = 0.0
