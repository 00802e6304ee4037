"""What a predictor answers: calibrated probabilities and how far they may be trusted."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from signalbox.domain.base import Name, Value
from signalbox.domain.enums import AutonomyLevel


class ScoredOption(Value):
    """An option and its calibrated probability in [0, 1]."""

    option: Name
    probability: float = Field(ge=0, le=1)


class Guess(Value):
    """What a predictor held likeliest of all its options, and how surely.

    ``signals`` are the numbers it judged its own chance by, kept so that the same record follows
    from a decision whenever its outcome comes. ``above`` says that the threshold in force was met:
    nothing but a withdrawn autonomy would have kept it from deciding alone.
    """

    option: Name
    signals: tuple[float, ...] = ()
    above: bool = False


class Prediction(Value):
    """A ranked answer over the offered options.

    ``automatic`` says that the threshold in force is met: the certified one, or (``by_record``)
    the one that the recent outcomes allow. ``certified_bound`` is the certificate's upper
    confidence limit on the error among automatic answers, None where no certificate is in force;
    ``observed_bound`` the like limit on the last ones whose outcome is known, which certifies
    nothing.
    ``level`` is how far the predictor's own record lets it go. ``pick`` is what a policy would do
    where no option is right or wrong, only better or worse: no probability goes with it, and
    ``considered`` says what it was held against.
    """

    ranked: tuple[ScoredOption, ...]
    guess: Guess | None = None
    automatic: bool = False
    in_scope: bool = True
    scope_score: float = 0.0
    threshold: float | None = None
    certified_bound: float | None = None
    observed_bound: float | None = None
    by_record: bool = False
    level: AutonomyLevel = AutonomyLevel.SUGGEST
    reason: str = ""
    version: str = ""
    pick: Name | None = None
    considered: tuple[dict[str, Any], ...] = ()

    @property
    def best(self) -> ScoredOption | None:
        return self.ranked[0] if self.ranked else None


class Promise(Value):
    """The certificate that a proposal met, and what it says.

    At most ``target_error`` of such proposals are wrong, at ``level`` confidence. ``key`` is the
    digest of the model, prompt and dialect it is for: a certificate made anew for the same three
    has the same record to live up to.
    """

    key: str
    target_error: float = Field(gt=0, lt=1)
    level: float = Field(gt=0, lt=1)


class Proposal(Value):
    """What a language-model agent answers: one of the offered options, with its reasons.

    ``calibrated`` says that ``confidence`` was fitted to how often such choices turn out right;
    ``certified`` that it also meets the agent's own certified threshold, whose error limit is
    ``certified_bound``. Only a certified proposal may take effect without a person; ``doubt`` says
    what is lacking. ``promise`` is there wherever the threshold was met, also while the record of
    outcomes keeps such proposals from acting.
    """

    option: Name
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    confidence: float | None = Field(default=None, ge=0, le=1)
    calibrated: bool = False
    certified: bool = False
    certified_bound: float | None = Field(default=None, ge=0, le=1)
    doubt: str = ""
    promise: Promise | None = None
    model: str = ""
    prompt_version: str = ""
    cost_usd: float = 0.0

    @model_validator(mode="after")
    def _certified_only_when_calibrated(self) -> Proposal:
        if self.certified and not (self.calibrated and self.confidence is not None):
            raise ValueError("a certified proposal needs a calibrated confidence")
        return self
