"""A labelled table of past work, and reading one from CSV, JSON lines or Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.checks import (
    bounded,
    check_attributes,
    check_labels,
    ids_of,
    times_of,
)
from signalbox.learning.columns import choose_text, require, require_distinct
from signalbox.learning.limits import Limits
from signalbox.learning.quality import Repeats, looks_like_id, notes_on
from signalbox.learning.sources import Source, open_source

__all__ = ["Limits", "Table", "read_table"]


@dataclass(frozen=True)
class Table:
    """``n`` rows by column: free text, categorical or numeric attributes, label, time, id.

    ``attributes`` maps a column name to its ``n`` values; a missing value is ``""``. ``times``
    are timezone-aware (UTC where the file names none). ``notes`` say what was odd about the file.
    """

    texts: list[str] | None
    attributes: dict[str, list[str]]
    labels: list[str]
    times: list[datetime] | None = None
    ids: list[str] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Sequence[int] | np.ndarray) -> Table:
        """The rows at ``indices``, in that order."""
        rows = [int(i) for i in indices]
        return Table(
            texts=None if self.texts is None else [self.texts[i] for i in rows],
            attributes={name: [v[i] for i in rows] for name, v in self.attributes.items()},
            labels=[self.labels[i] for i in rows],
            times=None if self.times is None else [self.times[i] for i in rows],
            ids=None if self.ids is None else [self.ids[i] for i in rows],
            columns=dict(self.columns),
            notes=list(self.notes),
        )

    def in_time_order(self) -> Table:
        """Oldest first (stable); the table itself where there are no times."""
        if self.times is None:
            return self
        times = self.times
        return self.take(sorted(range(len(self)), key=lambda i: times[i]))

    def label_counts(self) -> Counter[str]:
        """Rows per label."""
        return Counter(self.labels)


def read_table(
    path: str | Path,
    *,
    text: str | None = None,
    attributes: Sequence[str] = (),
    label: str,
    time: str | None = None,
    id_column: str | None = None,
    limits: Limits | None = None,
) -> Table:
    """Read ``path`` (.csv, .jsonl, .parquet; the first two also .gz) into a Table.

    Where neither ``text`` nor ``attributes`` is given, a column with a usual name for text
    (text, description, subject, …) is taken. With ``id_column`` every row must have an id of its
    own. Raises BadInput or TooLarge naming file, line and column, with the fix as hint.
    """
    limits = limits or Limits()
    source = open_source(Path(path), limits)
    named = {"label": label, "time": time, "id": id_column}
    roles = {role: column for role, column in named.items() if column is not None}
    require_distinct(source, [*([text] if text else []), *attributes], roles)
    check_attributes(source, attributes, limits)
    if text is None and not attributes:
        text = choose_text(source, reserved=list(roles.values()))
    wanted = [label, *attributes, *(c for c in (text, time, id_column) if c)]
    at = {name: require(source, name) for name in wanted}
    longest = dict.fromkeys(wanted, limits.text_chars)
    longest |= dict.fromkeys(attributes, limits.attribute_chars) | {label: limits.name_chars}
    repeats = _repeats(source, wanted) if id_column is None else None
    values: dict[str, list[str]] = {name: [] for name in wanted}
    lines: list[int] = []
    for line, row in source.rows:
        if len(lines) >= limits.rows:
            raise TooLarge(
                f"{source.name}: more than {limits.rows:,} rows",
                hint="learn from the most recent rows, or raise the row limit",
            )
        for name, column in at.items():
            values[name].append(bounded(source, line, name, row[column], longest[name]))
        if repeats is not None:
            repeats[1].add(line, row[repeats[0]])
        lines.append(line)
    if not lines:
        raise BadInput(
            f"{source.name}: a header but no rows", hint="export again with at least two labels"
        )
    labels = [value.strip() for value in values[label]]
    check_labels(source, label, labels, lines, limits)
    return Table(
        texts=values[text] if text else None,
        attributes={name: [v.strip() for v in values[name]] for name in attributes},
        labels=labels,
        times=times_of(source, time, values[time], lines) if time else None,
        ids=ids_of(source, id_column, values[id_column], lines) if id_column else None,
        columns={
            k: v
            for k, v in {"text": text, "label": label, "time": time, "id": id_column}.items()
            if v
        },
        notes=notes_on(values[text] if text else None, labels, repeats[1] if repeats else None),
    )


def _repeats(source: Source, wanted: Sequence[str]) -> tuple[int, Repeats] | None:
    """Where a column is plainly the id and nothing else, its place and a counter for it."""
    for place, column in enumerate(source.columns):
        if looks_like_id(column) and column not in wanted:
            return place, Repeats(column)
    return None
