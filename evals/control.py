"""Walk a table in time order through the very predictor that a server holds, outcomes and all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from evals.online import measure
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision, Trace
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.learning.online.decision import OnlineDecision
from signalbox.learning.predictor import LearnedPredictor
from signalbox.learning.router import Router
from signalbox.learning.table import Table


def evaluate_control(
    router: Router,
    table: Table,
    *,
    label_delay: int = 0,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """The figures of ``eval routing --online-control``, keys as those of ``--online``.

    Every label is an outcome, fed back once ``label_delay`` further rows have been decided. There
    are no rules, and a person decides what the predictor does not decide alone.
    """
    table = table.in_time_order()
    predictor = LearnedPredictor(router)
    decisions: list[OnlineDecision] = []
    seconds = np.empty(len(table))
    waiting: deque[tuple[Decision, Outcome]] = deque()
    for i, label in enumerate(table.labels):
        # Not validated: a row of a file may be empty or longer than a task may be.
        task = Task.model_construct(
            id=f"row-{i}",
            tenant="default",
            text="" if table.texts is None else table.texts[i],
            attributes={name: values[i] for name, values in table.attributes.items()},
        )
        start = time.perf_counter()
        found = predictor.predict(task, predictor.options)
        seconds[i] = time.perf_counter() - start
        decisions.append(_shown(str(i), found))
        outcome = Outcome.model_construct(tenant="default", subject=task.id, option=label)
        waiting.append((_decided(task, found, label), outcome))
        if len(waiting) > label_delay:
            predictor.feed_back(*waiting.popleft())
        if i % 100 == 0:
            progress("walking the rows", i / len(table))
    return measure(
        table,
        decisions,
        seconds,
        label_delay=label_delay,
        known=frozenset(router.classes),
        certified_bound=router.certificate.bound,
    )


def _shown(name: str, found: Prediction) -> OnlineDecision:
    best = found.ranked[0]
    return OnlineDecision(
        id=name,
        label=best.option,
        probability=best.probability,
        ranked=[(one.option, one.probability) for one in found.ranked],
        signals=found.guess.signals if found.guess else (),
        above=bool(found.guess and found.guess.above),
        automatic=found.automatic,
        threshold=found.threshold,
        observed_bound=found.observed_bound,
        level="automatic" if found.level is AutonomyLevel.AUTOMATIC else "suggest",
        reason=found.reason,
        version=found.version,
    )


def _decided(task: Task, found: Prediction, label: str) -> Decision:
    """What a server without rules commits: the model's choice, or the person's, who is right."""
    trace = Trace(ranked=found.ranked, guess=found.guess, model_version=found.version)
    return Decision.model_construct(
        id=task.id,
        tenant=task.tenant,
        subject=task.id,
        epoch=1,
        status=DecisionStatus.DECIDED,
        option=found.ranked[0].option if found.automatic else label,
        source=Source.MODEL if found.automatic else Source.PERSON,
        trace=trace,
        decided_at=utc_now(),
    )
