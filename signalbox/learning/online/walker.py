"""The online router: decides in time order, hears the true labels, and minds its promise."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from signalbox.domain.errors import NotFound
from signalbox.domain.monitor import Monitor
from signalbox.learning.online.base import BaseRouter, chances, encoder_of
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.controller import NOTHING, Controller
from signalbox.learning.online.decision import Level, OnlineDecision
from signalbox.learning.online.learner import Learner
from signalbox.learning.online.mixing import Chances, Mixing
from signalbox.learning.online.pending import Pending, pending_from_json, pending_to_json
from signalbox.learning.online.row import Row, values_of
from signalbox.learning.online.settled import Settled
from signalbox.learning.online.trust import Trust, signals
from signalbox.learning.online.warm import Warm, embedded, warm_up
from signalbox.learning.table import Table

WITHDRAWN = "autonomy is withdrawn: recent errors exceed the promise"


class OnlineRouter:
    """Thread-safe. ``history`` (rows the router learned from, in time order) warms the learner.

    ``router`` may be None when there is history: the learner then stands alone. Raises BadInput
    through the configuration; ``feed_back`` raises NotFound for a decision it does not hold.
    """

    def __init__(
        self,
        router: BaseRouter | None,
        config: OnlineConfig | None = None,
        history: Table | None = None,
        *,
        warm: Warm | None = None,
        encoder: Any = None,
    ) -> None:
        self.router = router
        self.config = config or OnlineConfig()
        self.encoder = encoder if encoder is not None else encoder_of(router)
        c = self.config
        self.trust = Trust(c.window, c.recalibrate_every)
        self.controller = Controller(c.target_accuracy, reserve=c.reserve, caution=c.caution)
        self.monitor = Monitor(c.target_accuracy, c.confidence)
        self.mixing = Mixing()
        self.learner: Learner | None = None
        self._lock = threading.RLock()
        self._pending: OrderedDict[str, Pending] = OrderedDict()
        self._fed: deque[tuple[Row, str]] = deque(maxlen=c.max_history)
        self._next = 0
        self.answered = 0
        if warm is None and history is not None and c.refit:
            known = router.classes if router is not None else ()
            warm = warm_up(history, c, encoder=self.encoder, known=known)
        if warm is not None:
            self.learner = warm.learner if c.refit else None
            for row, label, correct in warm.shadow if c.refit else ():
                self.trust.add(row, label, correct)
        self.trust.fit()
        self._choose()

    @property
    def version(self) -> str:
        """Router version, tree generation and answered rows: what a decision rested on."""
        base = self.router.version if self.router is not None else "none"
        generation = self.learner.generation if self.learner is not None else 0
        return f"{base}+online.{generation}.{self.answered}"

    def decide(
        self,
        text: str | None,
        attributes: Mapping[str, str] | None = None,
        time: datetime | None = None,
        *,
        probabilities: np.ndarray | None = None,
        certified: bool = False,
        vector: np.ndarray | None = None,
        remember: bool = True,
    ) -> OnlineDecision:
        """Label, calibrated probability and whether it may be carried out without a person.

        ``probabilities`` (labels of the router,), ``certified`` (automatic under the router's own
        certificate) and ``vector`` (an embedding) spare computing them again where a batch has
        them already. The certificate rules until enough rows have been answered. Without
        ``remember`` the caller keeps what :meth:`settle` will want to know.
        """
        given = dict(attributes or {})
        needed = probabilities is None or self.learner is not None
        if vector is None and self.encoder is not None and text is not None and needed:
            vector = self.encoder.encode([text])[0]
        if probabilities is None and self.router is not None:
            dense = None if vector is None else vector[None]
            batch = self.router.predict(None if text is None else [text], [given], dense=dense)
            probabilities = np.asarray(batch.probabilities)[0]
            certified = bool(batch.automatic[0])
        fixed: Chances = {}
        if probabilities is not None and self.router is not None:
            fixed = chances(probabilities, self.router.classes, self.config.candidates)
        with self._lock:
            columns: Sequence[str] = self.learner.columns if self.learner else ()
            row = Row(text, values_of(given, columns), time, vector)
            return self._decide(row, fixed, certified, remember)

    def _decide(self, row: Row, fixed: Chances, certified: bool, remember: bool) -> OnlineDecision:
        opinion = self.learner.look(row) if self.learner is not None else None
        pooled = fixed
        agreement, novelty = 1.0, 0.0
        if opinion is not None:
            pooled = self.mixing.pool(fixed, opinion.chances) if fixed else opinion.chances
            agreement, novelty = opinion.look.agreement, opinion.look.novelty
            if fixed:
                same = next(iter(fixed)) == next(iter(opinion.chances))
                agreement = (agreement + float(same)) / 2
        ranked = list(pooled.items())[: self.config.top]
        label, best = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        seen = signals(best, second, agreement=agreement, novelty=novelty)
        probability = self.trust.score(seen, label)
        threshold = self.controller.threshold
        enough = len(self.trust.rows) >= self.config.min_evidence
        above = probability >= threshold if enough else certified and self.learner is None
        automatic = above and not self.monitor.suspended
        level: Level = "suggest" if self.monitor.suspended else "automatic"
        self._next += 1
        name = str(self._next)
        if remember:
            self._pending[name] = Pending(row, label, seen, above, automatic, fixed, opinion)
        if len(self._pending) > self.config.max_pending:
            self._pending.popitem(last=False)
        return OnlineDecision(
            id=name,
            label=label,
            probability=probability,
            ranked=ranked,
            signals=seen,
            above=above,
            automatic=automatic,
            threshold=threshold if threshold < NOTHING else None,
            observed_bound=self.monitor.bound,
            level=level,
            reason=self._reason(probability, enough=enough, above=above),
            version=self.version,
        )

    def _reason(self, probability: float, *, enough: bool, above: bool) -> str:
        if self.monitor.suspended:
            return WITHDRAWN
        if not enough:
            rows = len(self.trust.rows)
            if above:
                return f"under the router's certificate, with {rows} answered rows so far"
            return f"only {rows} answered rows so far: too few to certify more"
        if above:
            return f"{probability:.3f} is at or above the threshold {self.controller.threshold:.3f}"
        if self.controller.threshold >= NOTHING:
            return "no threshold keeps the promise on recent rows"
        return f"{probability:.3f} is below the threshold {self.controller.threshold:.3f}"

    def feed_back(
        self, decision: OnlineDecision | str, true_label: str, time: datetime | None = None
    ) -> None:
        """The true label of a decided row. Raises NotFound where it is unknown or answered."""
        name = decision if isinstance(decision, str) else decision.id
        with self._lock:
            pending = self._pending.pop(name, None)
            if pending is None:
                raise NotFound(
                    f"decision {name} awaits no answer",
                    hint="it was answered before, or is older than max_pending decisions",
                )
            self._answer(pending, true_label)

    def settle(self, settled: Settled) -> None:
        """Take in a decision that was not kept here. The learner has no row to learn from."""
        with self._lock:
            if self._count(settled):
                self._choose()

    def _count(self, settled: Settled) -> bool:
        """Whether the threshold is to be chosen anew."""
        self.answered += 1
        if settled.automatic:
            self.controller.record(settled.right)
        if settled.automatic or settled.above:
            right = settled.right if settled.automatic else settled.correct
            self.monitor.add(right, automatic=settled.automatic)
        refitted = self.trust.add(settled.signals, settled.label, settled.correct)
        return refitted or (settled.automatic and not settled.right)

    def _answer(self, pending: Pending, true_label: str) -> None:
        correct = pending.label == true_label
        stale = self._count(
            Settled(
                label=pending.label,
                signals=pending.signals,
                correct=correct,
                above=pending.above,
                automatic=pending.automatic,
                right=correct,
            )
        )
        if pending.fixed and pending.opinion is not None:
            self.mixing.add(pending.fixed, pending.opinion.chances, true_label)
        if self.learner is not None:
            self._fed.append((pending.row, true_label))
            opinion = pending.opinion or self.learner.look(pending.row)
            self.learner.learn(pending.row, true_label, opinion.look)
        if stale:
            self._choose()

    def _choose(self) -> None:
        n = len(self.trust.scores)
        if n >= self.config.min_evidence:
            scores, correct, weights = self.trust.window_scores()
            self.controller.choose(scores, correct, weights)

    def state(self) -> dict[str, Any]:
        """Everything since the warm start, as plain values for JSON."""
        with self._lock:
            return {
                "config": self.config.to_dict(),
                "next": self._next,
                "answered": self.answered,
                "trust": self.trust.state(),
                "controller": self.controller.state(),
                "monitor": self.monitor.state(),
                "mixing": self.mixing.state(),
                "fed": [[*row.to_json(), label] for row, label in self._fed],
                "pending": {name: pending_to_json(p) for name, p in self._pending.items()},
            }

    @classmethod
    def from_state(
        cls,
        router: BaseRouter | None,
        state: dict[str, Any],
        history: Table | None = None,
        *,
        warm: Warm | None = None,
        encoder: Any = None,
    ) -> OnlineRouter:
        """An online router that goes on where :meth:`state` was taken.

        The learner walks the history and the answered rows again; its trees are refitted on all
        of them, so later opinions may differ in the last digits from those of the first life.
        """
        config = OnlineConfig.from_dict(state["config"])
        online = cls(router, config, history, warm=warm, encoder=encoder)
        online._next, online.answered = int(state["next"]), int(state["answered"])
        online.trust.restore(state["trust"])
        online.controller.restore(state["controller"])
        online.monitor.restore(state["monitor"])
        online.mixing.restore(state["mixing"])
        fed = [(Row.from_json(values[:-1]), str(values[-1])) for values in state["fed"]]
        if online.learner is not None and fed:
            fed = [(embedded(row, online.encoder), label) for row, label in fed]
            online.learner.catch_up(fed)
        online._fed.extend(fed)
        for name, values in state["pending"].items():
            online._pending[name] = pending_from_json(values)
        return online
