"""Warm start from history, one row at a time after it, refits now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.forest import Forest, fit_forest
from signalbox.learning.online.keys import choose_keys
from signalbox.learning.online.labels import LabelIndex
from signalbox.learning.online.mixing import Chances
from signalbox.learning.online.model import Look, Members, TrainingRows, weigh
from signalbox.learning.online.row import Row

FEWEST = 300  # rows before the trees are worth fitting
BURN_IN = 0.05  # of the history: rows the members met too early to be typical


@dataclass(frozen=True, slots=True)
class Opinion:
    """The learner's candidates with their probability, the likeliest first."""

    chances: Chances
    look: Look


class Learner:
    """Members that learn from every row, under trees refitted every ``refit_every`` rows."""

    def __init__(
        self,
        columns: Sequence[str],
        config: OnlineConfig,
        *,
        text: bool,
        known: Sequence[str] = (),
        rows: Sequence[Row] = (),
        labels: Sequence[str] = (),
    ) -> None:
        self.columns = tuple(columns)
        self.config = config
        index = LabelIndex([*dict.fromkeys(labels), *known])
        numbers = [index.add(v) for v in labels]
        keys = choose_keys([r.values for r in rows], numbers, len(index))
        self.members = Members(index, keys, text=text, seed=config.seed)
        self.training = TrainingRows(config.max_training_rows, [], [])
        self.forest: Forest | None = None
        self.generation = 0
        self._since_fit = 0
        self._fitting: threading.Thread | None = None
        self._fitted: Forest | None = None

    @property
    def labels(self) -> list[str]:
        """Every label seen so far."""
        return self.members.labels.names

    def look(self, row: Row) -> Opinion:
        """Candidates for ``row``; changes nothing."""
        self._take_fitted()
        look = self.members.look(row, self.config.candidates)
        chance = weigh(look, self.forest)
        order = np.argsort(-chance, kind="stable")
        return Opinion(
            {self.labels[int(look.candidates[i])]: float(chance[i]) for i in order}, look
        )

    def learn(self, row: Row, label: str, look: Look) -> None:
        """Take the true label of ``row``; ``look`` is what was seen when it was decided."""
        number = self.members.labels.add(label)
        self.training.add(look, number)
        self.members.add(row, number, look.features)
        self._since_fit += 1
        due = FEWEST if self.forest is None else self.config.refit_every
        if self._since_fit >= due and len(self.training.tables) >= FEWEST:
            self.refit()

    def warm(
        self,
        rows: Sequence[Row],
        labels: Sequence[str],
        *,
        forest: Forest | None = None,
        shadow: Callable[[Opinion, str], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Walk the history in order, so that every row was met as the stream will meet it.

        With ``forest`` given (a stored one) nothing is fitted. Otherwise trees are fitted part
        of the way, the rows after that go to ``shadow`` with an opinion that never saw their
        label, and the trees are fitted once more at the end.
        """
        n = len(rows)
        skip = int(BURN_IN * n)
        stops = {int(n * share) for share in (0.4, 0.7)}
        self.forest = forest
        for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
            if forest is None and i in stops and i - skip >= FEWEST:
                self._fit_now()
            opinion = self.look(row)
            if shadow is not None and forest is None and self.forest is not None:
                shadow(opinion, label)
            number = self.members.labels.add(label)
            if i >= skip:
                self.training.add(opinion.look, number)
            self.members.add(row, number, opinion.look.features)
            if progress is not None and i % 200 == 0:
                progress(i / n)
        if forest is None and len(self.training.tables) >= FEWEST:
            self._fit_now()
        self._since_fit = 0

    def catch_up(self, rows: Sequence[tuple[Row, str]]) -> None:
        """Take rows answered in an earlier life, then fit the trees once."""
        for row, label in rows:
            look = self.members.look(row, self.config.candidates)
            number = self.members.labels.add(label)
            self.training.add(look, number)
            self.members.add(row, number, look.features)
        if len(self.training.tables) >= FEWEST:
            self._fit_now()

    def refit(self) -> None:
        """Fit the trees on the newest rows, in a thread of its own where so configured."""
        self._since_fit = 0
        if not self.config.background:
            self._fit_now()
            return
        if self._fitting is not None and self._fitting.is_alive():
            return
        tables, hits = self.training.stacked()
        trees, seed = self.config.trees, self.config.seed

        def fit() -> None:
            self._fitted = fit_forest(tables, hits, trees=trees, seed=seed)

        self._fitting = threading.Thread(target=fit, name="signalbox-online-refit", daemon=True)
        self._fitting.start()

    def _fit_now(self) -> None:
        tables, hits = self.training.stacked()
        fitted = fit_forest(tables, hits, trees=self.config.trees, seed=self.config.seed)
        if fitted is not None:
            self.forest = fitted
            self.generation += 1

    def _take_fitted(self) -> None:
        if self._fitted is not None:
            self.forest, self._fitted = self._fitted, None
            self.generation += 1
