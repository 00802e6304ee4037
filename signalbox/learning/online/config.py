"""Settings of the online mode in one frozen object; every default was chosen on training rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from signalbox.domain.errors import BadInput


@dataclass(frozen=True, slots=True)
class OnlineConfig:
    """How the online mode learns and how careful it is.

    ``target_accuracy`` is the promise on automatically decided rows over the whole stream;
    ``confidence`` is that of the certified bound and of the alarm. ``refit=False`` leaves the
    labels to the fixed router and only recalibrates and controls autonomy.
    """

    target_accuracy: float = 0.95
    confidence: float = 0.95
    refit: bool = True
    refit_every: int = 1500
    trees: int = 100
    background: bool = False
    candidates: int = 12
    top: int = 5
    window: int = 4000
    recalibrate_every: int = 50
    min_evidence: int = 200
    reserve: float = 1.5
    caution: float = 0.5
    max_pending: int = 50_000
    max_training_rows: int = 12_000
    max_history: int = 15_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("target_accuracy", "confidence"):
            value = getattr(self, name)
            if not 0.5 <= value < 1:
                raise BadInput(f"{name} is {value}", hint="give a share from 0.5 to below 1")
        for name in ("refit_every", "trees", "candidates", "top", "window", "recalibrate_every"):
            if getattr(self, name) < 1:
                raise BadInput(f"{name} must be at least 1", hint=f"raise {name}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> OnlineConfig:
        """The reverse of :meth:`to_dict`; names it does not know are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in values.items() if k in known})
