"""Whether a reasoning model may act alone: fitting and certifying, applying, and saying so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.calibration import AgentCalibration, CalibrationKey
from agents.calibration_store import load_calibration, path_of, save_calibration
from agents.fitting import TooFewCases, fit_calibration, split
from agents.labelled import LabelledCase, reach
from evals.agent.asking import Heard
from evals.agent.cases import Selection
from evals.agent.figures import models_of, share, whole_cases
from signalbox.domain.certificate import clopper_pearson_lower, clopper_pearson_upper
from signalbox.learning.measures import ece

LEVEL = 0.95
_ALL = (
    "these are all cases, and the consult step asks only about those the local model does not"
    " decide alone"
)
_NOTHING: dict[str, Any] = {
    "calibration": None,
    "threshold": None,
    "certified_bound": None,
    "coverage": None,
    "coverage_interval": None,
    "selective_accuracy": None,
    "selective_accuracy_interval": None,
    "observed_bound": None,
    "accepted": 0,
    "errors": 0,
    "judged_on": 0,
    "ece": None,
    "brier": None,
    "refusal": "",
    "missing": 0,
    "trusted": False,
}


def key_of(found: Selection, heard: Sequence[Heard], dialect: str) -> CalibrationKey | str:
    """What a calibration of these answers is for, or why there can be none."""
    names = models_of(heard)
    if not names:
        return "nothing was answered"
    if len(names) > 1:
        told = ", ".join(f"{name} ({count})" for name, count in names.most_common(5))
        return f"the host named several models, and a certificate belongs to one: {told}"
    (name,) = names
    version = heard[0].case.prompt.version
    return CalibrationKey(model=name, prompt_version=version, dialect=dialect)


def fit(
    found: Selection,
    heard: Sequence[Heard],
    dialect: str,
    out: Path,
    *,
    stopped: str = "",
    target_error: float = 0.05,
) -> dict[str, Any]:
    """Fit on one part, certify on the other, save to ``out``; the figures are of the second part.

    A run that stopped early is not fitted: which cases it reached is no accident of the draw.
    """
    key = key_of(found, heard, dialect)
    if stopped or isinstance(key, str):
        left = len(found.cases) - len(heard)
        why = f"stopped with {left} cases left ({stopped})" if stopped else str(key)
        return _NOTHING | {"refusal": why}
    cases = whole_cases(heard)
    try:
        fitted = fit_calibration(cases, key, target_error=target_error, level=LEVEL)
    except TooFewCases as few:
        return _NOTHING | {"refusal": f"{few.message}: {few.hint}", "missing": few.missing}
    asked = {
        "cases": found.kind,
        "local_model": found.local_model,
        "candidates": found.candidates,
    }
    fitted = fitted.model_copy(update=asked)
    _, held = split(cases, target_error, LEVEL)
    told = fitted.certificate
    refusal = told.refusal or (_ALL if found.kind == "all" else "")
    return {
        **_NOTHING,
        **_accepted(told.accepted, told.errors, len(held)),
        **_calibrated(fitted, held),
        "calibration": str(save_calibration(fitted, out)),
        "threshold": told.threshold,
        "certified_bound": told.bound,
        "refusal": refusal,
        "missing": told.missing,
        "trusted": not refusal,
    }


def apply(
    found: Selection,
    heard: Sequence[Heard],
    dialect: str,
    folder: Path | None,
    samples: int,
) -> dict[str, Any]:
    """What an existing calibration does on these cases; nothing is fitted.

    ``selective_accuracy`` is of what it lets act, ``observed_bound`` the exact upper limit on the
    error from these cases alone.
    """
    key = key_of(found, heard, dialect)
    if isinstance(key, str):
        return _NOTHING | {"refusal": key}
    known = None if folder is None else load_calibration(folder, key, found.kind)
    if known is None:
        where = "no calibrations are named" if folder is None else f"none in {folder}"
        return _NOTHING | {
            "refusal": f"not calibrated for prompt {key.prompt_version}: {where};"
            " fit one with `signalbox learn agent`"
        }
    assert folder is not None
    saved = _NOTHING | {"calibration": str(path_of(folder, key, found.kind))}
    told = known.certificate
    if samples not in known.samples:
        wanted = " or ".join(str(one) for one in known.samples)
        return saved | {"refusal": f"calibrated for {wanted} sample(s) a case, not {samples}"}
    cases = whole_cases(heard)
    taken = [
        case
        for case in cases
        if told.threshold is not None and reach(known, case) >= told.threshold
    ]
    wrong = sum(not case.correct for case in taken)
    refusal = told.refusal or (_ALL if found.kind == "all" else "")
    if taken and clopper_pearson_lower(wrong, len(taken), LEVEL) > told.target_error:
        refusal = (
            f"{wrong} of {len(taken)} accepted were wrong, which speaks against the"
            f" {told.target_error:.1%} certified; fit it again"
        )
    return {
        **saved,
        **_accepted(len(taken), wrong, len(heard)),
        **_calibrated(known, cases),
        "threshold": told.threshold,
        "certified_bound": told.bound,
        "refusal": refusal,
        "missing": told.missing,
        "trusted": not refusal,
        "calibrated_beside": known.local_model or None,
    }


def verdict(report: dict[str, Any]) -> str:
    """One sentence: above what it may act alone, or that it may only propose, and why."""
    models = report["models"]
    name = report["model"] or (" and ".join(sorted(models)) if models else "the model")
    if not report["trusted"]:
        return f"{name} may only propose: {report['refusal']}."
    of = f"{report['coverage']:.0%} of the {report['cases']} cases judged"
    return (
        f"{name} may act alone on routing where its calibrated confidence is at least"
        f" {report['threshold']:.3f} ({of}; at most {report['certified_bound']:.1%} wrong at"
        f" {LEVEL:.0%} confidence), and only propose below."
    )


def _accepted(accepted: int, wrong: int, n: int) -> dict[str, Any]:
    upper = clopper_pearson_upper(wrong, accepted, LEVEL) if accepted else None
    return {
        **share("coverage", accepted, n),
        **share("selective_accuracy", accepted - wrong, accepted),
        "observed_bound": upper,
        "accepted": accepted,
        "errors": wrong,
        "judged_on": n,
    }


def _calibrated(model: AgentCalibration, cases: Sequence[LabelledCase]) -> dict[str, Any]:
    if not cases:
        return {"ece": None, "brier": None}
    told = np.array([model.confidence(case.features) for case in cases])
    right = np.array([case.correct for case in cases])
    return {"ece": ece(told, right), "brier": float(np.mean((told - right) ** 2))}
