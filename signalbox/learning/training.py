"""Learning a router from a table, with an honest report of what it will do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.encoder import AUTO, TFIDF, Encoder, resolve_encoder
from signalbox.learning.features import Encoded, Features
from signalbox.learning.folds import Split, forward, stratified
from signalbox.learning.head import Head, default_head, fit_head
from signalbox.learning.heldout import HeldOut, judge
from signalbox.learning.limits import Limits
from signalbox.learning.members import MemberScores, fit_members_on
from signalbox.learning.report import LearnReport, label_rows, warnings_for
from signalbox.learning.risk import Certificate, certify
from signalbox.learning.router import Router
from signalbox.learning.scope import REJECTED
from signalbox.learning.table import Table

Progress = Callable[[str, float], None]
MIN_ROWS = 20
NO_ENCODER = (
    "--encoder auto used words only: no sentence encoder is installed here (`make embeddings`)"
)


@dataclass(frozen=True)
class LearnConfig:
    """How to learn: encoder, the accuracy to certify and at what confidence, folds and seed.

    ``rejected`` is the share of in-scope rows that may be taken for out of scope. ``confidence``
    is stricter than the promised 95%, for the certificate speaks of the long run; so that what is
    seen shows the promised accuracy too, it must last for a ``stretch`` of automatic decisions.
    """

    encoder: str = TFIDF
    target_accuracy: float = 0.95
    confidence: float = 0.99
    stretch: int = 500
    folds: int = 5
    seed: int = 0
    rejected: float = REJECTED
    limits: Limits = field(default_factory=Limits)


def learn_routing(
    table: Table,
    config: LearnConfig | None = None,
    progress: Progress | None = None,
    *,
    dense: np.ndarray | None = None,
) -> tuple[Router, LearnReport]:
    """Fit on all of ``table``; calibrate, certify and report on cross-fitted held-out scores.

    With times, folds run forward: every held-out row comes after all rows its members saw.
    ``dense`` passes embeddings of the texts computed before, (n, d) of unit length; the rows must
    then be in time order already. Raises BadInput for a table too small to hold anything out.
    """
    config = config or LearnConfig()
    tell = progress or (lambda _step, _done: None)
    began = time.perf_counter()
    _check(table, config)
    table = table.in_time_order()
    classes = sorted(set(table.labels))
    number = {name: i for i, name in enumerate(classes)}
    y = np.asarray([number[label] for label in table.labels])
    encoder = resolve_encoder(config.encoder) if table.texts is not None else None
    tell("reading", 0.02)
    features = Features.fit(table, encoder, len(classes))
    if dense is None:
        dense = _embed(table, encoder, tell)
    encoded = features.transform_table(table, dense)
    splits = (
        list(forward(len(y), config.folds + 1))
        if table.times is not None
        else stratified(y, config.folds, config.seed)
    )
    held = _cross_fit(encoded, y, len(classes), splits, config, tell)
    if encoder is not None and config.encoder == AUTO and not _worth_it(held, config):
        router, report = learn_routing(table, replace(config, encoder=TFIDF), progress)
        report.warnings.append(
            f"--encoder auto: {encoder.name} was tried and left out, for on the held-out rows it "
            "was no better than words alone"
        )
        return router, report
    judged = judge(
        held,
        config.target_accuracy,
        config.confidence,
        config.rejected,
        table.times is not None,
        config.stretch,
    )
    tell("certifying", 0.85)
    certificate = _certify(judged.decisive, judged.correct, judged.predicted, classes, config)
    head = fit_head(held.found, held.y, config.rejected)
    tell("fitting on every row", 0.9)
    members = fit_members_on(encoded, y, len(classes), seed=config.seed)
    router = Router(classes, features, members, head, certificate, columns=dict(table.columns))
    report = LearnReport(
        n=len(table),
        labels=len(classes),
        encoder=encoder.name if encoder else TFIDF,
        accuracy=float(np.mean(judged.correct)),
        coverage=float(np.mean(judged.automatic)),
        selective_accuracy=(
            float(np.mean(judged.correct[judged.automatic])) if judged.automatic.any() else None
        ),
        certified_bound=certificate.bound,
        ece=judged.ece,
        held_out=len(judged.correct),
        method=(
            f"forward in time, {config.folds} blocks"
            if table.times is not None
            else f"{config.folds}-fold cross-fitting"
        ),
        certificate=certificate,
        per_label=label_rows(judged, classes, table, config.confidence),
        warnings=warnings_for(table, certificate, config.target_accuracy),
        fit_seconds=round(time.perf_counter() - began, 2),
    )
    if config.encoder == AUTO and encoder is None and table.texts is not None:
        report.warnings.append(NO_ENCODER)
    tell("done", 1.0)
    return router, report


def fit_members(
    table: Table,
    config: LearnConfig | None = None,
    *,
    features: Features | None = None,
    head: Head | None = None,
    dense: np.ndarray | None = None,
) -> Router:
    """The cheap path: members refitted on ``table``, nothing held out, nothing certified.

    ``features`` and ``head`` of an earlier router are used as they are (new labels may appear:
    a head does not depend on the label set); without them features are fitted here and members
    get even weights.
    """
    config = config or LearnConfig()
    classes = sorted(set(table.labels))
    if len(classes) < 2:
        raise BadInput("one label only", hint="two or more labels are needed to learn")
    number = {name: i for i, name in enumerate(classes)}
    y = np.asarray([number[label] for label in table.labels])
    if features is None:
        encoder = resolve_encoder(config.encoder) if table.texts is not None else None
        features = Features.fit(table, encoder, len(classes))
    encoded = features.transform_table(table, dense)
    members = fit_members_on(encoded, y, len(classes), seed=config.seed)
    if head is None:
        sample = encoded.take(np.arange(min(len(y), 500)))
        head = default_head(members.evaluate(sample))
    nothing = Certificate(
        None, None, 0, 0, 0, 0.0, round(1 - config.target_accuracy, 6), config.confidence
    )
    return Router(classes, features, members, head, nothing, columns=dict(table.columns))


def _cross_fit(
    encoded: Encoded,
    y: np.ndarray,
    k: int,
    splits: list[Split],
    config: LearnConfig,
    tell: Progress,
) -> HeldOut:
    parts: list[MemberScores] = []
    rows: list[np.ndarray] = []
    fold: list[np.ndarray] = []
    for f, (fit, held) in enumerate(splits):
        tell(f"fold {f + 1} of {len(splits)}", 0.3 + 0.5 * f / len(splits))
        if len(np.unique(y[fit])) < 2:
            continue
        members = fit_members_on(encoded.take(fit), y[fit], k, seed=config.seed)
        parts.append(members.evaluate(encoded.take(held)))
        rows.append(held)
        fold.append(np.full(len(held), len(fold)))
    if len(parts) < 2:
        raise BadInput(
            "one label only for most of the time",
            hint="learn without --time, or from a period in which several labels occur",
        )
    found = MemberScores(
        np.concatenate([p.scores for p in parts], axis=1),
        np.concatenate([p.familiarity for p in parts]),
    )
    at = np.concatenate(rows)
    return HeldOut(found, y[at], at, np.concatenate(fold))


def _worth_it(held: HeldOut, config: LearnConfig) -> bool:
    """Whether embeddings beat words alone on the held-out rows by more than a twinkle."""
    alone = held.members(np.array([0]))
    return held.fused_accuracy() > alone.fused_accuracy() + 0.002


def _certify(
    confidence: np.ndarray,
    correct: np.ndarray,
    predicted: np.ndarray,
    classes: list[str],
    config: LearnConfig,
) -> Certificate:
    names = [classes[i] for i in predicted]
    return certify(
        confidence,
        correct,
        names,
        round(1 - config.target_accuracy, 6),
        config.confidence,
        stretch=config.stretch,
    )


def _embed(table: Table, encoder: Encoder | None, tell: Progress) -> np.ndarray | None:
    if encoder is None or table.texts is None:
        return None
    step = 512
    parts = []
    for start in range(0, len(table), step):
        tell("embedding", 0.03 + 0.25 * start / len(table))
        parts.append(encoder.encode(table.texts[start : start + step]))
    return np.concatenate(parts)


def _check(table: Table, config: LearnConfig) -> None:
    if not 0.5 <= config.target_accuracy < 1:
        raise BadInput(
            f"target accuracy {config.target_accuracy} is not in [0.5, 1)", hint="for example 0.95"
        )
    if len(set(table.labels)) < 2:
        raise BadInput("one label only", hint="two or more labels are needed to learn")
    if len(table) < MIN_ROWS:
        raise BadInput(
            f"{len(table)} rows are too few to learn from and check",
            hint=f"give {MIN_ROWS} or more",
        )
    if table.texts is None and not table.attributes:
        raise BadInput("neither text nor attributes", hint="name at least one column to learn from")
