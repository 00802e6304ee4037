"""Measures of a classifier that may decline: plain numpy, no model in sight."""

from __future__ import annotations

from math import sqrt

import numpy as np


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Share of equal entries; nan for none."""
    return (
        float(np.mean(np.asarray(truth) == np.asarray(predicted))) if len(truth) else float("nan")
    )


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Unweighted mean over the labels present in ``truth`` of 2TP / (2TP + FP + FN)."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    scores = []
    for label in np.unique(truth):
        hit = np.sum((truth == label) & (predicted == label))
        scores.append(2 * hit / (np.sum(truth == label) + np.sum(predicted == label)))
    return float(np.mean(scores)) if scores else float("nan")


def ece(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the top label over ``bins`` equal-mass bins, in [0, 1].

    Equal-mass rather than equal-width bins: most confidences crowd near one, where equal-width
    bins would hold everything in a single bin (Nixon et al. 2019).
    """
    n = len(confidence)
    if not n:
        return float("nan")
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, n))
    gaps = [len(p) * abs(float(np.mean(confidence[p]) - np.mean(correct[p]))) for p in parts]
    return float(sum(gaps) / n)


def coverage(scores: np.ndarray, threshold: float | None) -> float:
    """Share of rows at or above ``threshold``; zero where there is none."""
    if threshold is None or not len(scores):
        return 0.0
    return float(np.mean(scores >= threshold))


def selective_accuracy(
    scores: np.ndarray, correct: np.ndarray, threshold: float | None
) -> float | None:
    """Accuracy among rows at or above ``threshold``; None where no row is."""
    if threshold is None:
        return None
    chosen = scores >= threshold
    return float(np.mean(correct[chosen])) if chosen.any() else None


def coverage_at_accuracy(
    scores: np.ndarray, correct: np.ndarray, target: float
) -> tuple[float, float | None]:
    """Largest coverage whose measured selective accuracy is at least ``target``.

    Returns (coverage, threshold). A plug-in figure: read off the very rows it describes, so it
    says what a ranking allows and is no guarantee. Ties in score are kept together.
    """
    n = len(scores)
    if not n:
        return 0.0, None
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    running = np.cumsum(correct[order]) / np.arange(1, n + 1)
    last_of_tie = np.append(ranked[:-1] != ranked[1:], True)
    fine = np.flatnonzero((running >= target) & last_of_tie)
    if not len(fine):
        return 0.0, None
    return float((fine[-1] + 1) / n), float(ranked[fine[-1]])


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a random positive scores above a random negative, ties counting half."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    upto = np.searchsorted(ordered, positive, side="right")
    return float(np.mean(below + upto) / 2 / len(negative))


def recall_at(scores: np.ndarray, threshold: float) -> float:
    """Share of ``scores`` at or above ``threshold``."""
    return float(np.mean(scores >= threshold)) if len(scores) else float("nan")


def wilson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval for a proportion (Wilson 1927), two-sided."""
    if n == 0:
        return 0.0, 1.0
    from statistics import NormalDist

    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == n else min(1.0, centre + half)
