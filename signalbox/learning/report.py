"""What learning found out, in figures measured on rows that were held out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from signalbox.learning.heldout import Judged
from signalbox.learning.measures import wilson
from signalbox.learning.risk import Certificate, clopper_pearson_upper
from signalbox.learning.table import Table

FEW_ROWS = 10


@dataclass(frozen=True)
class LearnReport:
    """Figures of ``learn routing``. Shares lie in [0, 1]; None where nothing was automatic."""

    n: int
    labels: int
    encoder: str
    accuracy: float
    coverage: float
    selective_accuracy: float | None
    certified_bound: float | None
    ece: float
    held_out: int
    method: str
    certificate: Certificate
    fit_seconds: float
    per_label: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    model_dir: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data, with 95% Wilson intervals of the shares."""
        hits = round(self.accuracy * self.held_out)
        taken = round(self.coverage * self.held_out)
        right = round((self.selective_accuracy or 0.0) * taken)
        return {
            "n": self.n,
            "labels": self.labels,
            "encoder": self.encoder,
            "accuracy": self.accuracy,
            "accuracy_interval": wilson(hits, self.held_out),
            "coverage": self.coverage,
            "coverage_interval": wilson(taken, self.held_out),
            "selective_accuracy": self.selective_accuracy,
            "selective_accuracy_interval": wilson(right, taken) if taken else None,
            "certified_bound": self.certified_bound,
            "ece": self.ece,
            "held_out": self.held_out,
            "method": self.method,
            "certificate": self.certificate.to_json(),
            "per_label": self.per_label,
            "warnings": self.warnings,
            "fit_seconds": self.fit_seconds,
            "model_dir": self.model_dir,
        }


def label_rows(
    judged: Judged, classes: list[str], table: Table, confidence: float
) -> list[dict[str, Any]]:
    """Per label: rows, recall, and the error of what was automatic under that label.

    ``certified_bound`` holds for all labels at once (Bonferroni); ``certified`` says whether it
    is within the target by itself, which small labels cannot show.
    """
    counts = table.label_counts()
    each = 1 - (1 - confidence) / len(classes)
    rows = []
    for i, name in enumerate(classes):
        mine = judged.y == i
        taken = judged.automatic & (judged.predicted == i)
        errors = int((taken & ~judged.correct).sum())
        n = int(taken.sum())
        rows.append(
            {
                "label": name,
                "n": counts[name],
                "recall": float(np.mean(judged.correct[mine])) if mine.any() else None,
                "automatic": n,
                "errors": errors,
                "certified_bound": clopper_pearson_upper(errors, n, each) if n else None,
            }
        )
    return rows


def warnings_for(table: Table, certificate: Certificate, target: float) -> list[str]:
    """What the reader should know before trusting the figures."""
    found = list(table.notes)
    few = sorted(name for name, count in table.label_counts().items() if count < FEW_ROWS)
    if few:
        found.append(
            f"{len(few)} labels have fewer than {FEW_ROWS} rows and are hardly learnable: "
            f"{', '.join(name[:60] for name in few[:5])}{'…' if len(few) > 5 else ''}"
        )
    if certificate.threshold is None:
        found.append(
            f"accuracy {target:.0%} cannot be certified at any threshold: nothing is automatic; "
            "give more rows or a lower --target-accuracy"
        )
    held = sorted(certificate.label_thresholds)
    if held:
        found.append(f"held to a higher bar for breaking the target alone: {', '.join(held)}")
    if table.ids is None and table.texts is not None:
        repeats = len(table) - len(set(zip(table.texts, table.labels, strict=True)))
        if repeats > 0.2 * len(table):
            found.append(
                f"{repeats:,} rows repeat another row's text and label: held-out figures flatter"
            )
    return found
