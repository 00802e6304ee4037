"""Calibration: how often choices with such features turn out right, for one model and prompt.

Applying it is a dozen multiplications and needs no library; ``agents.fitting`` makes one.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp
from typing import Literal

from pydantic import Field, model_validator

from agents.features import COLUMNS, Features
from signalbox.domain.base import Name, Value, digest_of
from signalbox.domain.prediction import Promise, Proposal

FORMAT = 1
Cases = Literal["hard", "all"]


class CalibrationKey(Value):
    """What a calibration is good for: change one of these and it says nothing any more."""

    model: Name
    prompt_version: Name
    dialect: Name

    @property
    def digest(self) -> str:
        """sha256 (hex) of the three together; names its file."""
        return digest_of([self.model, self.prompt_version, self.dialect])


class AgentCertificate(Value):
    """At or above ``threshold`` at most ``target_error`` are wrong, at ``level`` confidence.

    ``threshold`` None: nothing is certified, and ``refusal`` says why and how many accepted cases
    without an error are ``missing``. Of ``n`` certification cases ``accepted`` were at or above
    the threshold, ``errors`` of these wrong; ``bound`` is the exact upper limit on their error.
    """

    threshold: float | None = Field(default=None, ge=0, le=1)
    bound: float | None = Field(default=None, ge=0, le=1)
    n: int = Field(default=0, ge=0)
    accepted: int = Field(default=0, ge=0)
    errors: int = Field(default=0, ge=0)
    coverage: float = Field(default=0.0, ge=0, le=1)
    target_error: float = Field(default=0.05, gt=0, lt=1)
    level: float = Field(default=0.95, gt=0, lt=1)
    missing: int = Field(default=0, ge=0)
    refusal: str = ""


class AgentCalibration(Value):
    """A logistic model of being right: one weight per column of ``agents.features.COLUMNS``.

    A column is cut to the range [``low``, ``high``] it had when fitted, so that nothing is
    extrapolated, then centred and scaled. ``samples`` are the numbers of samples it was fitted
    with; ``accuracy`` and ``brier`` were measured on the certification cases. ``cases`` "hard":
    it speaks of those that the local model of version ``local_model`` does not decide alone, which
    are the ones the consult step asks about; "all": of every case. ``candidates`` is how many
    options such a case was asked with at most, 0 where it is not known.
    """

    format: int = FORMAT
    key: CalibrationKey
    columns: tuple[str, ...] = COLUMNS
    low: tuple[float, ...]
    high: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float
    samples: tuple[int, ...]
    cases: Cases = "hard"
    local_model: str = ""
    candidates: int = Field(default=0, ge=0)
    fitted: int = Field(ge=1)
    accuracy: float = Field(default=0.0, ge=0, le=1)
    brier: float = Field(default=0.0, ge=0, le=1)
    certificate: AgentCertificate = AgentCertificate()

    @model_validator(mode="after")
    def _of_this_version(self) -> AgentCalibration:
        if self.format != FORMAT or self.columns != COLUMNS:
            raise ValueError("made by another version of Signalbox; fit it again")
        for name in ("low", "high", "centre", "scale", "weights"):
            if len(getattr(self, name)) != len(COLUMNS):
                raise ValueError(f"{name} needs {len(COLUMNS)} numbers")
        return self

    def confidence(self, features: Features) -> float:
        """Probability in (0, 1) that the choice is right."""
        odds = self.offset
        for at, value in enumerate(features.vector):
            cut = min(max(value, self.low[at]), self.high[at])
            odds += self.weights[at] * (cut - self.centre[at]) / self.scale[at]
        return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))


class Judgement(Value):
    """What a choice is worth.

    ``calibrated``: ``confidence`` means what it says. ``certified``: it also meets the certified
    threshold, whose error limit is ``bound``; only then may the choice take effect without a
    person. ``reason`` says what is lacking.
    """

    choice: Name
    confidence: float | None = Field(default=None, ge=0, le=1)
    calibrated: bool = False
    certified: bool = False
    bound: float | None = None
    promise: Promise | None = None
    reason: str = ""

    def withdrawn(self, reason: str) -> Judgement:
        """The same choice without leave to act; that its threshold was met stays on record."""
        return self.model_copy(update={"certified": False, "bound": None, "reason": reason})

    def proposal(
        self,
        key: CalibrationKey,
        *,
        reasons: tuple[str, ...] = (),
        evidence: tuple[str, ...] = (),
        cost_usd: float = 0.0,
    ) -> Proposal:
        """The proposal to hand to the spine, which lets only a certified one act alone."""
        return Proposal(
            option=self.choice,
            reasons=reasons,
            evidence=evidence,
            confidence=self.confidence,
            calibrated=self.calibrated,
            certified=self.certified,
            certified_bound=self.bound,
            doubt=self.reason,
            promise=self.promise,
            model=key.model,
            prompt_version=key.prompt_version,
            cost_usd=cost_usd,
        )


def judge(
    features: Features, calibration: AgentCalibration | None, key: CalibrationKey
) -> Judgement:
    """Judge a choice of ``key``'s model; without a calibration that fits, confidence is None."""
    choice = features.choice
    if calibration is None or calibration.key != key:
        return Judgement(
            choice=choice,
            reason=f"{key.model!r} is not calibrated for prompt {key.prompt_version!r}",
        )
    if features.samples not in calibration.samples:
        return Judgement(
            choice=choice,
            reason=f"{key.model!r} is not calibrated for {features.samples} sample(s) a case",
        )
    confidence = calibration.confidence(features)
    certificate = calibration.certificate
    if certificate.threshold is None:
        reason = f"nothing is certified for {key.model!r}: {certificate.refusal}"
        return Judgement(choice=choice, confidence=confidence, calibrated=True, reason=reason)
    if confidence < certificate.threshold:
        reason = f"{confidence:.2f} is below the certified threshold {certificate.threshold:.2f}"
        return Judgement(choice=choice, confidence=confidence, calibrated=True, reason=reason)
    return Judgement(
        choice=choice,
        confidence=confidence,
        calibrated=True,
        certified=True,
        bound=certificate.bound,
        promise=promise_of(calibration),
    )


@lru_cache(maxsize=64)
def promise_of(calibration: AgentCalibration) -> Promise:
    """What ``calibration`` promises of proposals at or above its certified threshold."""
    certificate = calibration.certificate
    return Promise(
        key=calibration.key.digest,
        target_error=certificate.target_error,
        level=certificate.level,
    )
