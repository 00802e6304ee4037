"""Labels of an evaluation file that the model never saw: counted, named, or refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput
from signalbox.learning.limits import Limits
from signalbox.learning.sources import open_source
from signalbox.learning.table import Table
from signalbox.suggest import nearest

SHOWN = 5
LOOKED_AT = 1_000
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class UnknownLabels:
    """``rows`` of ``n`` carry one of ``names``, most frequent first, which the model never saw."""

    rows: int
    n: int
    names: list[str]
    classes: Sequence[str]

    @property
    def share(self) -> float:
        """Of all rows that belong to a team."""
        return self.rows / self.n if self.n else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data; at most 100 names."""
        names = self.names[:100]
        return {"rows": self.rows, "share": self.share, "labels": len(self.names), "names": names}

    def notes(self, online: bool) -> list[str]:
        """One sentence, or nothing where the model knows every label."""
        if not self.rows:
            return []
        shown = ", ".join(name[:60] for name in self.names[:SHOWN])
        more = "…" if len(self.names) > SHOWN else ""
        near = _meant(self.names[0], self.classes)
        fix = f"; did you mean {near!r} by {self.names[0]!r}?" if near else ""
        how = (
            "they are learned on the way, the first rows of each are errors"
            if online
            else "every one of them counts as an error; learn again with such rows, or set them "
            "apart with --out-of-scope"
        )
        return [
            f"{self.rows:,} of {self.n:,} rows ({self.share:.1%}) carry {len(self.names):,} "
            f"labels the model never saw ({shown}{more}): {how}{fix}"
        ]


def _meant(label: str, classes: Sequence[str]) -> str | None:
    """The class ``label`` may be a slip for: not one of another number, which is another class."""
    near = nearest(label, classes)
    return None if near is None or _DIGITS.sub("", near) == _DIGITS.sub("", label) else near


def unknown_labels(
    table: Table, classes: Sequence[str], out_of_scope: str | None = None
) -> UnknownLabels:
    """What of ``table`` the model with ``classes`` cannot answer, out-of-scope rows left aside."""
    counts = Counter(label for label in table.labels if label != out_of_scope)
    known = set(classes)
    strange = [(label, n) for label, n in counts.most_common() if label not in known]
    rows = sum(n for _, n in strange)
    return UnknownLabels(rows, counts.total(), [label for label, _ in strange], classes)


def refuse_unknown(
    data: Path, table: Table, classes: Sequence[str], column: str, out_of_scope: str | None
) -> None:
    """BadInput where the model knows none of the labels; the hint names the likelier column."""
    found = unknown_labels(table, classes, out_of_scope)
    if found.rows < found.n:
        return
    other = _likelier_column(data, classes)
    shown = ", ".join(name[:60] for name in found.names[:SHOWN])
    raise BadInput(
        f"{data}: the model knows none of the labels in column {column!r} ({shown}"
        f"{'…' if len(found.names) > SHOWN else ''})",
        hint=f"did you mean --label {other}?"
        if other and other != column
        else "check --label and --model: this model routes to "
        + ", ".join(name[:60] for name in classes[:SHOWN])
        + ("…" if len(classes) > SHOWN else ""),
    )


def _likelier_column(data: Path, classes: Sequence[str]) -> str | None:
    """The column whose first rows hold the most of the model's labels; None where none does."""
    source = open_source(data, Limits())
    known = set(classes)
    hits: Counter[str] = Counter()
    for _, row in islice(source.rows, LOOKED_AT):
        hits.update(
            name for name, value in zip(source.columns, row, strict=True) if value.strip() in known
        )
    return hits.most_common(1)[0][0] if hits else None
