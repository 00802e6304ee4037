"""Finding the asked-for columns in a file, with help where a name is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from signalbox.domain.errors import BadInput
from signalbox.learning.sources import Source

TEXT_NAMES = (
    "text",
    "description",
    "short_description",
    "body",
    "message",
    "subject",
    "summary",
    "title",
    "utterance",
    "query",
    "content",
)
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_COMMAS = (
    "export it again with commas, or: python -c 'import csv,sys; "
    'csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter="{0}"))\' < FILE > new.csv'
)
_SHOWN, _LONGEST = 30, 60


class MissingColumn(BadInput):
    """A file without the asked-for ``column``."""

    def __init__(self, message: str, hint: str, column: str) -> None:
        super().__init__(message, hint=hint)
        self.column = column


def require(source: Source, column: str) -> int:
    """Position of ``column``; MissingColumn lists what is there and the nearest name."""
    try:
        return source.columns.index(column)
    except ValueError:
        raise MissingColumn(
            f"{source.name}: no column {column[:_LONGEST]!r}; there is {listed(source.columns)}",
            _fix(source.columns, column),
            column,
        ) from None


def listed(names: Sequence[str]) -> str:
    """The first names, each cut to a readable length."""
    shown = [name if len(name) <= _LONGEST else name[:_LONGEST] + "…" for name in names[:_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _fix(columns: Sequence[str], column: str) -> str:
    separator = separator_in(columns, column)
    if separator:
        written = "\\t" if separator == "\t" else separator
        return f"the fields are separated by {_SEPARATORS[separator]}, not commas: " + (
            _COMMAS.format(written)
        )
    short = [name for name in columns if len(name) <= 4 * _LONGEST]
    same = [name for name in short if name.lower() == column.strip().lower()]
    near = same or get_close_matches(column[: 4 * _LONGEST], short, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "name one of these columns"


def separator_in(columns: Sequence[str], wanted: str = "") -> str:
    """The separator a header read with commas was really written with; "" where commas fit."""
    for separator in _SEPARATORS:
        parts = [part.strip(' "') for name in columns for part in name.split(separator)]
        if len(parts) > len(columns) and (len(columns) == 1 or (wanted and wanted in parts)):
            return separator
    return ""


def require_distinct(source: Source, features: Sequence[str], roles: Mapping[str, str]) -> None:
    """Features that name a column twice, or label or id themselves, would be a leak or a slip.

    ``roles`` maps an option ("label", "time", "id") to the column it names.
    """
    label = roles["label"]
    if label in features:
        raise BadInput(
            f"{source.name}: column {label!r} is given both as label and as a feature",
            hint="leave the label out of --text and --attributes",
        )
    if roles.get("id") in features:
        raise BadInput(
            f"{source.name}: column {roles['id']!r} is given both as id and as a feature",
            hint="an id tells nothing about new work: leave it out of --text and --attributes",
        )
    for names, where in ((features, "a feature"), (list(roles.values()), "label, time or id")):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BadInput(
                f"{source.name}: column {twice[0]!r} is named twice as {where}",
                hint="name each column once",
            )


def choose_text(source: Source, *, reserved: Sequence[str]) -> str:
    """The column with a usual name for free text; BadInput where there is none."""
    by_name = {name.lower(): name for name in reversed(source.columns)}
    for name in TEXT_NAMES:
        if name in by_name and by_name[name] not in reserved:
            return by_name[name]
    if separator_in(source.columns):
        raise BadInput(
            f"{source.name}: one column only: {listed(source.columns)}",
            hint=_fix(source.columns, ""),
        )
    raise BadInput(
        f"{source.name}: no column is plainly the text; there is {listed(source.columns)}",
        hint="name it with --text COLUMN, or give --attributes A,B,…",
    )
