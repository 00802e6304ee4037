"""What one column of a table must hold to be learned from, and served afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from signalbox.domain.base import unstorable
from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits
from signalbox.learning.sources import Source


def check_attributes(source: Source, attributes: Sequence[str], limits: Limits) -> None:
    """TooLarge for more attributes, or longer names, than a posted task may have."""
    if len(attributes) > limits.attributes:
        raise TooLarge(
            f"{source.name}: {len(attributes)} attributes, limit {limits.attributes}",
            hint="a posted task may not have more: name the ones that tell teams apart",
        )
    for name in attributes:
        if len(name) > limits.name_chars:
            raise TooLarge(
                f"{source.name}: the attribute {name[:60]!r}… has a name of {len(name):,} "
                f"characters, limit {limits.name_chars}",
                hint="a posted task could not carry it: rename the column",
            )


def bounded(source: Source, line: int, column: str, value: str, longest: int) -> str:
    """The value itself; TooLarge or BadInput where a posted task could not carry it."""
    where = f"{source.name}, line {line}, column {column!r}"
    if len(value) > longest and len(value.strip()) > longest:
        raise TooLarge(
            f"{where}: {len(value):,} characters, limit {longest:,}",
            hint="shorten the field (the first thousand characters route as well) or drop the row"
            if longest > 1_000
            else "shorten the value, here and in the tasks to come; is it the right column?",
        )
    reason = unstorable(value)
    if reason:
        raise BadInput(f"{where}: {reason}", hint="remove it, or drop the row")
    return value


def check_labels(
    source: Source, column: str, labels: list[str], lines: list[int], limits: Limits
) -> None:
    """Every row labelled, and a number of labels that can be told apart."""
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


def times_of(source: Source, column: str, values: list[str], lines: list[int]) -> list[datetime]:
    """The times of a column, aware; BadInput names the first that is none."""
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


def ids_of(source: Source, column: str, values: list[str], lines: list[int]) -> list[str]:
    """The ids of a column; BadInput where one is empty or stands on two lines."""
    first: dict[str, int] = {}
    ids = [value.strip() for value in values]
    for line, value in zip(lines, ids, strict=True):
        if not value:
            raise BadInput(
                f"{source.name}, line {line}: empty id in column {column!r}",
                hint="give every row an id, or leave --id out",
            )
        if value in first:
            raise BadInput(
                f"{source.name}, line {line}: id {value[:60]!r} in column {column!r} "
                f"is also on line {first[value]}",
                hint="keep one row for each id; leave --id out if rows are events that may repeat",
            )
        first[value] = line
    return ids
