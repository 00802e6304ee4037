"""Labelled cases: what a calibration is fitted and certified on."""

from __future__ import annotations

from agents.features import Features
from signalbox.domain.base import Identifier, Value


class LabelledCase(Value):
    """What the model chose for one case, and whether that was right."""

    id: Identifier
    features: Features
    correct: bool
