"""How good the answers were, before anything is said about trusting them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.confidence import THRESHOLDS
from agents.labelled import LabelledCase, labelled
from evals.agent.asking import Heard
from evals.agent.cases import Selection
from evals.metrics import paired_difference
from signalbox.learning.measures import ece, wilson

SCRIPTED = "scripted"


def whole_cases(heard: Sequence[Heard]) -> list[LabelledCase]:
    """The cases of which every sample wanted was answered: those the consult step could act on."""
    return [_labelled(one) for one in heard if one.whole]


def _labelled(one: Heard) -> LabelledCase:
    samples = [answer.said for answer in one.said if answer.said is not None]
    return labelled(one.case.id, samples, one.case.question.ranked, one.case.truth)


def share(name: str, hits: int, n: int) -> dict[str, Any]:
    """``name`` and its 95 % Wilson interval; None where there is nothing to count."""
    return {name: hits / n if n else None, f"{name}_interval": wilson(hits, n) if n else None}


def models_of(heard: Sequence[Heard]) -> Counter[str]:
    """The names the host gave its model, and how often."""
    return Counter(answer.reported for one in heard for answer in one.said)


def figures(found: Selection, heard: Sequence[Heard], dialect: str) -> dict[str, Any]:
    """The figures of ``eval agent`` that need no calibration; shares lie in [0, 1].

    A case counts as wrong where there was no answer, or where the truth was not offered.
    ``ceiling`` is the share whose truth was offered. ``local_accuracy`` is that of the local
    model's first choice on the same cases, ``lead`` how much more often the answers were right.
    ``cost_usd`` is all that these answers, and failed tries at them, ever cost.
    """
    n = len(heard)
    chosen = [_labelled(one) for one in heard if one.said]
    right = {case.id for case in chosen if case.correct}
    failures = Counter(str(one.failure) for one in heard if one.failure is not None)
    models = models_of(heard)
    cost = sum(one.cost_usd for one in heard)
    versions = {one.case.prompt.version for one in heard}
    return {
        "n": found.n,
        "to_ask": len(found.cases),
        "asked": n,
        "left": len(found.cases) - n,
        "answered": len(chosen),
        "failures": dict(failures),
        **share("accuracy", len(right), n),
        **share("accuracy_of_answered", len(right), len(chosen)),
        **share("ceiling", sum(one.case.answerable for one in heard), n),
        **_beside_local(heard, right),
        "verbalised_ece": _verbalised_ece(heard),
        **_agreement(heard),
        "cost_usd": cost,
        "cost_per_case": cost / n if n else None,
        **_latency(heard),
        "model": next(iter(models)) if len(models) == 1 else None,
        "models": dict(models),
        "dialect": dialect,
        "prompt_version": versions.pop() if len(versions) == 1 else None,
        "cases": found.kind,
        "passed_over": dict(found.passed_over),
        "local_model": found.local_model or None,
        "warnings": [*found.notes, *_scripted(models)],
    }


def _beside_local(heard: Sequence[Heard], right: set[str]) -> dict[str, Any]:
    ranked = [one for one in heard if one.case.question.ranked]
    if not ranked:
        return share("local_accuracy", 0, 0) | {"lead": None, "lead_interval": None}
    local = np.array([one.case.question.ranked[0].option == one.case.truth for one in ranked])
    ours = np.array([one.case.id in right for one in ranked])
    return {
        **share("local_accuracy", int(local.sum()), len(local)),
        "lead": float(ours.mean() - local.mean()),
        "lead_interval": paired_difference(ours, local),
    }


def _verbalised_ece(heard: Sequence[Heard]) -> float | None:
    """Calibration error of the bare words of the first samples."""
    told = [
        (THRESHOLDS.probability(first.confidence), first.choice == one.case.truth)
        for one in heard
        if one.said and (first := one.said[0].said) is not None
    ]
    if not told:
        return None
    words, right = zip(*told, strict=True)
    return ece(np.array(words), np.array(right))


def _agreement(heard: Sequence[Heard]) -> dict[str, Any]:
    pairs = [
        {answer.said.choice for answer in one.said if answer.said}
        for one in heard
        if len(one.said) == 2
    ]
    return share("agreement", sum(len(pair) == 1 for pair in pairs), len(pairs))


def _latency(heard: Sequence[Heard]) -> dict[str, float | None]:
    """Of single answers, from question to checked answer."""
    took = [answer.elapsed_s * 1000 for one in heard for answer in one.said]
    return {
        f"p{level}_ms": float(np.percentile(took, level)) if took else None
        for level in (50, 95, 99)
    }


def _scripted(models: Counter[str]) -> list[str]:
    named = sorted(name for name in models if name.startswith(SCRIPTED))
    if not named:
        return []
    return [f"{', '.join(named)}: answers written beforehand; these figures speak of no model"]
