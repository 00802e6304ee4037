"""Labelled cases: what a calibration is fitted and certified on."""

from __future__ import annotations

from collections.abc import Sequence

from agents.calibration import AgentCalibration
from agents.features import Features, Sample, features_of
from signalbox.domain.base import Identifier, Value
from signalbox.domain.prediction import ScoredOption


class LabelledCase(Value):
    """What the model chose for one case, and whether that was right.

    ``first`` are the features had the first sample been given twice, None where one was taken: by
    them the consult step tells whether a second sample is worth asking for.
    """

    id: Identifier
    features: Features
    correct: bool
    first: Features | None = None


def labelled(
    case_id: str, samples: Sequence[Sample], ranked: Sequence[ScoredOption], truth: str
) -> LabelledCase:
    """The case of one or two samples, ``truth`` being the option that was right."""
    features = features_of(samples, ranked)
    first = features_of([samples[0], samples[0]], ranked) if len(samples) == 2 else None
    return LabelledCase(
        id=case_id, features=features, correct=features.choice == truth, first=first
    )


def reach(calibration: AgentCalibration, case: LabelledCase) -> float:
    """The highest threshold at which the consult step would have let this choice act.

    It asks a second time only where one that agreed would do, so that both the first sample alone,
    taken twice, and the two together have to be sure enough.
    """
    sure = calibration.confidence(case.features)
    return sure if case.first is None else min(sure, calibration.confidence(case.first))
