"""A labelled table of past work, and reading one from CSV, JSON lines or Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.columns import choose_text, require, require_distinct
from signalbox.learning.limits import Limits
from signalbox.learning.sources import Source, open_source

__all__ = ["Limits", "Table", "read_table"]


@dataclass(frozen=True)
class Table:
    """``n`` rows by column: free text, categorical or numeric attributes, label, time, id.

    ``attributes`` maps a column name to its ``n`` values; a missing value is ``""``. ``times``
    are timezone-aware (UTC where the file names none).
    """

    texts: list[str] | None
    attributes: dict[str, list[str]]
    labels: list[str]
    times: list[datetime] | None = None
    ids: list[str] | None = None
    columns: dict[str, str] = field(default_factory=dict)

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
    (text, description, subject, …) is taken. Raises BadInput or TooLarge naming file, line and
    column, with the fix as hint.
    """
    limits = limits or Limits()
    source = open_source(Path(path), limits)
    require_distinct(source, [*([text] if text else []), *attributes], label)
    if text is None and not attributes:
        text = choose_text(source, reserved=[c for c in (label, time, id_column) if c])
    wanted = [label, *attributes, *(c for c in (text, time, id_column) if c)]
    at = {name: require(source, name) for name in wanted}
    values: dict[str, list[str]] = {name: [] for name in wanted}
    lines: list[int] = []
    for line, row in source.rows:
        if len(lines) >= limits.rows:
            raise TooLarge(
                f"{source.name}: more than {limits.rows:,} rows",
                hint="learn from the most recent rows, or raise the row limit",
            )
        for name, column in at.items():
            values[name].append(_bounded(source, line, name, row[column], limits))
        lines.append(line)
    if not lines:
        raise BadInput(
            f"{source.name}: a header but no rows", hint="export again with at least two labels"
        )
    labels = [value.strip() for value in values[label]]
    _check_labels(source, label, labels, lines, limits)
    return Table(
        texts=values[text] if text else None,
        attributes={name: [v.strip() for v in values[name]] for name in attributes},
        labels=labels,
        times=_times(source, time, values[time], lines) if time else None,
        ids=_ids(source, id_column, values[id_column], lines) if id_column else None,
        columns={
            k: v
            for k, v in {"text": text, "label": label, "time": time, "id": id_column}.items()
            if v
        },
    )


def _bounded(source: Source, line: int, column: str, value: str, limits: Limits) -> str:
    if len(value) > limits.text_chars:
        raise TooLarge(
            f"{source.name}, line {line}, column {column!r}: {len(value):,} characters, "
            f"limit {limits.text_chars:,}",
            hint="shorten the field (the first thousand characters route as well) or drop the row",
        )
    return value


def _check_labels(
    source: Source, column: str, labels: list[str], lines: list[int], limits: Limits
) -> None:
    empty = [line for line, value in zip(lines, labels, strict=True) if not value]
    if empty:
        raise BadInput(
            f"{source.name}, line {empty[0]}: empty label in column {column!r} "
            f"({len(empty):,} such rows)",
            hint="remove rows that were never routed, or fill the label in",
        )
    distinct = len(set(labels))
    if distinct > limits.labels:
        raise TooLarge(
            f"{source.name}: column {column!r} has {distinct:,} different labels, "
            f"limit {limits.labels:,}",
            hint="is --label the right column? It should name the team or category; "
            "otherwise merge rare labels into one",
        )
    if distinct < limits.min_labels:
        raise BadInput(
            f"{source.name}: column {column!r} holds one label only ({labels[0]!r})",
            hint="there is nothing to choose between: give --label a column with two or more",
        )


def _times(source: Source, column: str, values: list[str], lines: list[int]) -> list[datetime]:
    times = []
    for line, value in zip(lines, values, strict=True):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise BadInput(
                f"{source.name}, line {line}, column {column!r}: {value[:40]!r} is not a time",
                hint="write times as ISO 8601, for example 2026-03-01 09:30:00",
            ) from None
        times.append(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return times


def _ids(source: Source, column: str, values: list[str], lines: list[int]) -> list[str]:
    first: dict[str, int] = {}
    for line, value in zip(lines, values, strict=True):
        if value in first:
            raise BadInput(
                f"{source.name}, line {line}: id {value!r} in column {column!r} "
                f"is also on line {first[value]}",
                hint="keep one row for each id",
            )
        first[value] = line
    return values
