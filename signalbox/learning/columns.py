"""Finding the asked-for columns in a file, with help where a name is wrong."""

from __future__ import annotations

from collections.abc import Sequence
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


def require(source: Source, column: str) -> int:
    """Position of ``column``; BadInput lists what is there and the nearest name."""
    try:
        return source.columns.index(column)
    except ValueError:
        near = get_close_matches(column, source.columns, n=1, cutoff=0.5)
        raise BadInput(
            f"{source.name}: no column {column!r}; there is {', '.join(source.columns[:30])}",
            hint=f"did you mean {near[0]!r}?" if near else "name one of these columns",
        ) from None


def require_distinct(source: Source, features: Sequence[str], label: str) -> None:
    """Features that name a column twice, or the label itself, would be a leak or a slip."""
    if label in features:
        raise BadInput(
            f"{source.name}: column {label!r} is given both as label and as a feature",
            hint="leave the label out of --text and --attributes",
        )
    twice = sorted({name for name in features if features.count(name) > 1})
    if twice:
        raise BadInput(
            f"{source.name}: column {twice[0]!r} is named twice", hint="name each column once"
        )


def choose_text(source: Source, *, reserved: Sequence[str]) -> str:
    """The column with a usual name for free text; BadInput where there is none."""
    by_name = {name.lower(): name for name in reversed(source.columns)}
    for name in TEXT_NAMES:
        if name in by_name and by_name[name] not in reserved:
            return by_name[name]
    raise BadInput(
        f"{source.name}: no column is plainly the text; there is {', '.join(source.columns[:30])}",
        hint="name it with --text COLUMN, or give --attributes A,B,…",
    )
