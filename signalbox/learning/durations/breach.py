"""The risk that a case takes longer than promised."""

from __future__ import annotations

from typing import Any

import numpy as np

from signalbox.learning.durations.duration import Judged
from signalbox.learning.durations.model import DurationModel
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.samples import Fold, bootstrap
from signalbox.learning.measures import auroc


def breach_risk(
    model: DurationModel, prefixes: Prefixes, rows: np.ndarray, sla_days: float
) -> np.ndarray:
    """(m,) probability that a case lasts more than ``sla_days`` from its first event.

    For those ``rows`` (m,) of ``prefixes``; a case that is late already is at 1.
    """
    left = sla_days - prefixes.elapsed[rows]
    return np.where(left < 0, 1.0, model.exceeding(prefixes, rows, np.maximum(left, 0.0)))


def breach_figures(judged: Judged, fold: Fold, sla_days: float) -> dict[str, Any]:
    """How good the risk is among held-out prefixes that are not late yet.

    Those that are would only flatter it. ``brier`` is the mean squared error of the probability,
    ``brier_baseline`` that of the share of breaches among the training prefixes in time.
    """
    held, fit = fold.held.prefixes, fold.fit.prefixes
    in_time = held.elapsed <= sla_days
    late = (held.elapsed + fold.held.targets.remaining > sla_days)[in_time]
    past = (fit.elapsed + fold.fit.targets.remaining > sla_days)[fit.elapsed <= sla_days]
    if not len(late):
        return {"days": sla_days, "prefixes": 0}
    risk = breach_risk(judged.model, held, np.flatnonzero(in_time), sla_days)
    brier = (risk - late) ** 2
    usual = float(past.mean()) if len(past) else 0.0
    ranked = auroc(risk[late], risk[~late])
    return {
        "days": sla_days,
        "prefixes": len(late),
        "breached": float(late.mean()),
        "mean_risk": float(risk.mean()),
        "brier": float(brier.mean()),
        "brier_interval": list(bootstrap(brier, held.case[in_time])),
        "brier_baseline": float(((usual - late) ** 2).mean()),
        # None where all were late, or none: there is nothing to tell apart.
        "auroc": None if np.isnan(ranked) else ranked,
    }
