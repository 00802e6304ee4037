"""The learned router as the spine asks it: offered options in, a trusted ranking out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.prediction import Guess, Prediction, ScoredOption
from signalbox.domain.task import Task
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.settled import Settled
from signalbox.learning.online.trust import signals
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.reasons import UNLIKE, uncertified
from signalbox.learning.router import Router
from signalbox.learning.store import load_router

RANKED = 10


class LearnedPredictor:
    """A router and, where ``online``, the control that moves its threshold with feedback.

    Thread-safe. Probabilities are the router's calibrated ones over all its labels: options a
    rule forbids are left out, not redistributed, so that a threshold keeps its meaning.
    """

    def __init__(self, router: Router, *, online: bool = True) -> None:
        self._router = router
        self._options = tuple(router.classes)
        self._online: OnlineRouter | None = None
        if online:
            target = 1 - router.certificate.target_error
            config = OnlineConfig(target_accuracy=target, refit=False)
            self._online = OnlineRouter(router, config)

    @classmethod
    def open(cls, folder: Path, *, online: bool = True) -> LearnedPredictor:
        """Load a model folder. BadModel where it is missing, altered or of another version."""
        router = load_router(folder)
        router.warm()
        return cls(router, online=online)

    @property
    def options(self) -> Sequence[str]:
        return self._options

    @property
    def version(self) -> str:
        return self._router.version

    @property
    def level(self) -> AutonomyLevel:
        """``suggest`` while the recent record contradicts the promise."""
        suspended = self._online is not None and self._online.monitor.suspended
        return AutonomyLevel.SUGGEST if suspended else AutonomyLevel.AUTOMATIC

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction:
        """Rank the offered options and say whether the likeliest may be taken alone."""
        batch = self._router.predict_one(task.text, task.attributes)
        probabilities = np.asarray(batch.probabilities)[0]
        in_scope = bool(batch.in_scope[0])
        certificate = self._router.certificate
        automatic = bool(batch.automatic[0])
        threshold, certified_bound = certificate.threshold, certificate.bound
        observed_bound, by_record = None, False
        guess: Guess | None = None
        best = self._options[int(np.argmax(probabilities))]
        reason = uncertified(certificate, best, float(batch.confidence[0]))
        if self._online is not None:
            decided = self._online.decide(
                task.text,
                task.attributes,
                probabilities=probabilities,
                certified=automatic,
                remember=False,
            )
            guess = Guess(
                option=decided.label, signals=decided.signals, above=decided.above and in_scope
            )
            automatic = decided.automatic
            observed_bound = decided.observed_bound
            # Until enough outcomes are in, a bound on them says less than the certificate does.
            by_record = self._online.answered >= self._online.config.min_evidence
            if by_record:
                threshold, certified_bound = decided.threshold, None
            if by_record or decided.level == "suggest":
                reason = decided.reason
        allowed = set(offered)
        if not in_scope:
            reason = UNLIKE
        elif best not in allowed:
            reason = f"'{best}', the likeliest, is not among the offered options"
        automatic = automatic and in_scope and best in allowed
        order = np.argsort(-probabilities, kind="stable")
        ranked = [
            ScoredOption(option=name, probability=float(min(max(probabilities[at], 0.0), 1.0)))
            for at in order
            if (name := self._options[int(at)]) in allowed
        ]
        return Prediction(
            ranked=tuple(ranked[:RANKED]),
            guess=guess,
            automatic=automatic,
            in_scope=in_scope,
            scope_score=float(batch.scope_score[0]),
            threshold=threshold,
            certified_bound=certified_bound,
            observed_bound=observed_bound,
            by_record=by_record,
            level=self.level,
            reason="" if automatic else reason,
            version=self._router.version,
        )

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Take in what turned out right, by what the decision itself records.

        The record is thus the same whether outcomes come while the engine runs or are read again
        at its start. A decision of another model version says nothing of this one.
        """
        trace = decision.trace
        if self._online is None or trace.model_version != self.version or not trace.ranked:
            return
        alone = decision.source is Source.MODEL and decision.status is DecisionStatus.DECIDED
        guess = trace.guess or _guess_of(decision, alone)
        self._online.settle(
            Settled(
                label=guess.option,
                signals=guess.signals,
                correct=guess.option == outcome.option,
                above=guess.above,
                automatic=alone,
                right=decision.option == outcome.option,
            )
        )


def _guess_of(decision: Decision, alone: bool) -> Guess:
    """The guess behind a decision from before guesses were recorded, by its ranking."""
    chances = [one.probability for one in decision.trace.ranked[:2]]
    seen = signals(chances[0], chances[1] if len(chances) > 1 else 0.0)
    return Guess(option=decision.trace.ranked[0].option, signals=seen, above=alone)
