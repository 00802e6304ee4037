"""Attributes as one-hot columns: unseen, rare and missing values each have a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite, sqrt
from typing import Any

import numpy as np

from signalbox.learning.sparse import SparseRows

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})


def is_missing(value: str) -> bool:
    """Whether an export means "nothing" by this."""
    return value.strip().lower() in MISSING


def as_number(value: str) -> float | None:
    """The finite number written, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


@dataclass(frozen=True)
class Column:
    """One attribute. Slot 0 is a missing value, slot 1 a rare or unseen one, then the known.

    A numeric column holds ``edges`` instead of ``values``: slot 2 + the number of edges at or
    below the value.
    """

    name: str
    values: dict[str, int] = field(default_factory=dict)
    edges: list[float] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of slots."""
        return 2 + (len(self.edges) + 1 if self.edges else len(self.values))

    def slot(self, value: str) -> int:
        """The slot of one value; never fails."""
        if is_missing(value):
            return 0
        if self.edges:
            number = as_number(value)
            return 1 if number is None else 2 + int(np.searchsorted(self.edges, number, "right"))
        return self.values.get(value, 1)


@dataclass
class AttributeEncoder:
    """One-hot over columns, each row of unit length.

    Values seen in fewer than ``min_rows`` rows share a slot with those never seen, so the weight
    of "something new" is learned from the rare rather than being arbitrary.
    """

    columns: list[Column]

    @property
    def width(self) -> int:
        """Number of one-hot columns."""
        return sum(column.width for column in self.columns)

    @classmethod
    def fit(
        cls, attributes: Mapping[str, Sequence[str]], *, min_rows: int = 2, max_values: int = 5_000
    ) -> AttributeEncoder:
        """Learn the values of every column; the most frequent ``max_values`` are kept."""
        return cls([_fit(name, v, min_rows, max_values) for name, v in attributes.items()])

    def transform(self, attributes: Mapping[str, Sequence[str]], n: int) -> SparseRows:
        """(n, width); a column that is not given counts as missing throughout."""
        slots = np.zeros((n, len(self.columns)), dtype=np.int32)
        offset = 0
        for j, column in enumerate(self.columns):
            given = attributes.get(column.name)
            if given is None:
                slots[:, j] = offset
            else:
                slots[:, j] = [offset + column.slot(value) for value in given]
            offset += column.width
        each = np.float32(1 / sqrt(max(1, len(self.columns))))
        return SparseRows(
            np.arange(n + 1, dtype=np.int64) * len(self.columns),
            slots.ravel(),
            np.full(slots.size, each, dtype=np.float32),
            self.width,
        )

    def unseen_share(self, attributes: Mapping[str, Sequence[str]], n: int) -> np.ndarray:
        """(n,) share of the columns whose value is rare or was never seen."""
        out = np.zeros(n, dtype=np.float32)
        for column in self.columns:
            given = attributes.get(column.name)
            if given is not None:
                out += np.asarray([column.slot(value) == 1 for value in given], dtype=np.float32)
        return out / max(1, len(self.columns))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data; ``from_json`` undoes it."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> AttributeEncoder:
        """Undo ``to_json``."""
        return cls(
            [
                Column(str(c["name"]), dict(c["values"]), [float(e) for e in c["edges"]])
                for c in data
            ]
        )


def _fit(name: str, values: Sequence[str], min_rows: int, max_values: int) -> Column:
    counts = Counter(v for v in values if not is_missing(v))
    every = [number for v in values if (number := as_number(v)) is not None]
    if _is_measure(every, counts):
        with np.errstate(over="ignore", invalid="ignore"):
            cuts = np.quantile(every, np.linspace(0.1, 0.9, 9))
        edges = sorted({float(q) for q in cuts if isfinite(q)})
        return Column(name, edges=edges)
    kept = [v for v, count in counts.most_common(max_values) if count >= min_rows]
    return Column(name, values={v: i for i, v in enumerate(kept, start=2)})


def _is_measure(numbers: Sequence[float], counts: Counter[str]) -> bool:
    """Whether the values measure something; repeated whole numbers are codes, not amounts."""
    distinct = set(numbers)
    if len(distinct) <= 20 or len(numbers) < 0.95 * counts.total():
        return False
    return len(distinct) > 0.5 * len(numbers) or any(not n.is_integer() for n in distinct)
