"""The router: texts and attributes in, calibrated labels out, with what may be automatic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from signalbox.learning.features import Features
from signalbox.learning.head import Head
from signalbox.learning.members import Members
from signalbox.learning.risk import Certificate
from signalbox.learning.threads import one_thread

Attributes = Mapping[str, Sequence[str]] | Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class RouterBatch:
    """Answers to ``n`` rows over ``k`` labels.

    ``labels`` the likeliest; ``probabilities`` (n, k) float32 calibrated, columns as ``classes``;
    ``confidence`` (n,) the likeliest's; ``scope_score`` (n,) and ``in_scope`` (n,) bool;
    ``automatic`` (n,) bool: confident enough under the certificate, and in scope.
    """

    classes: list[str]
    labels: list[str]
    probabilities: np.ndarray
    confidence: np.ndarray
    scope_score: np.ndarray
    in_scope: np.ndarray
    automatic: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def ranked(self, row: int, top: int = 5) -> list[tuple[str, float]]:
        """The ``top`` likeliest labels of one row with their probabilities, best first."""
        p = self.probabilities[row]
        best = np.argsort(-p, kind="stable")[:top]
        return [(self.classes[i], float(p[i])) for i in best]


@dataclass
class Router:
    """Fitted features, members and head, and the certificate they earned.

    ``version`` is a digest of everything learned; "" until saved or sealed. Safe to share
    between threads: prediction changes nothing but caches.
    """

    classes: list[str]
    features: Features
    members: Members
    head: Head
    certificate: Certificate
    version: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    _bars: np.ndarray | None = field(default=None, repr=False)

    @property
    def labels(self) -> list[str]:
        """Every label it can answer, in the order of the probabilities' columns."""
        return self.classes

    def warm(self) -> None:
        """Load what is loaded at first use, so that the first task does not wait for it."""
        if self.features.encoder is not None:
            self.features.encoder.warm()

    @property
    def attribute_names(self) -> list[str]:
        """The attributes it was learned with."""
        return (
            [c.name for c in self.features.attributes.columns] if self.features.attributes else []
        )

    def predict(
        self,
        texts: Sequence[str] | None,
        attributes: Attributes | None = None,
        *,
        dense: np.ndarray | None = None,
    ) -> RouterBatch:
        """Decide many rows. Attributes come by column or by row; unknown ones are ignored.

        ``dense`` passes embeddings computed before, (n, d) of unit length.
        """
        columns, n = self._by_column(texts, attributes)
        found = self.members.evaluate(self.features.transform(texts, columns, n, dense))
        probabilities, scope, _ = self.head.apply(found)
        best = probabilities.argmax(axis=1)
        confidence = probabilities[np.arange(n), best]
        in_scope = scope >= self.head.scope.threshold
        return RouterBatch(
            classes=self.classes,
            labels=[self.classes[i] for i in best],
            probabilities=probabilities,
            confidence=confidence,
            scope_score=scope.astype(np.float32),
            in_scope=in_scope,
            automatic=in_scope & (confidence >= self.bars[best]),
        )

    def predict_one(
        self, text: str | None, attributes: Mapping[str, str] | None = None
    ) -> RouterBatch:
        """Decide one row: the same answer as ``predict``, without the cost of a batch."""
        with one_thread():
            return self.predict(
                None if text is None else [text],
                {k: [v] for k, v in (attributes or {}).items()} or [{}],
            )

    def raw_scores(
        self, texts: Sequence[str] | None, attributes: Attributes | None = None
    ) -> np.ndarray:
        """(n, k) fused logits before calibration, float32."""
        columns, n = self._by_column(texts, attributes)
        found = self.members.evaluate(self.features.transform(texts, columns, n))
        return self.head.fusion.logits(found.scores)

    @property
    def bars(self) -> np.ndarray:
        """(k,) confidence each label needs to be automatic; inf: never."""
        if self._bars is None:
            whole = self.certificate.threshold
            bars = np.full(len(self.classes), np.inf if whole is None else whole)
            for name, own in self.certificate.label_thresholds.items():
                bars[self.classes.index(name)] = max(own, bars[self.classes.index(name)])
            self._bars = bars
        return self._bars

    @staticmethod
    def _by_column(
        texts: Sequence[str] | None, attributes: Attributes | None
    ) -> tuple[Mapping[str, Sequence[str]], int]:
        if isinstance(attributes, Mapping):
            lengths = {len(v) for v in attributes.values()} | (
                {len(texts)} if texts is not None else set()
            )
            if len(lengths) != 1:
                raise ValueError("texts and attribute columns must be of one length")
            return attributes, lengths.pop()
        if attributes is None:
            return {}, len(texts or [])
        if texts is not None and len(texts) != len(attributes):
            raise ValueError("texts and attributes must be of one length")
        names = dict.fromkeys(name for row in attributes for name in row)
        return {a: [row.get(a, "") for row in attributes] for a in names}, len(attributes)
