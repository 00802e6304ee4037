"""From a table of history to a warm learner and the shadow record of its own past opinions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.forest import Forest
from signalbox.learning.online.learner import Learner, Opinion
from signalbox.learning.online.row import Row, clean
from signalbox.learning.online.trust import signals
from signalbox.learning.table import Table

Shadow = tuple[tuple[float, ...], str, bool]


@dataclass(slots=True)
class Warm:
    """A learner that has walked the history, with (signals, label, correct) of its late rows."""

    learner: Learner
    shadow: list[Shadow]


def rows_of(table: Table, columns: Sequence[str], encoder: Any = None) -> list[Row]:
    """The rows of ``table`` as the online mode sees them; texts are embedded in one batch."""
    n = len(table)
    vectors: Any = [None] * n
    if encoder is not None and table.texts is not None:
        vectors = encoder.encode(table.texts)
    return [
        Row(
            None if table.texts is None else table.texts[i],
            tuple(clean(table.attributes[c][i]) if c in table.attributes else "" for c in columns),
            None if table.times is None else table.times[i],
            vectors[i],
        )
        for i in range(n)
    ]


def embedded(row: Row, encoder: Any) -> Row:
    """``row`` with its embedding, where there is a text and an encoder."""
    if encoder is None or row.text is None:
        return row
    return replace(row, vector=encoder.encode([row.text])[0])


def warm_up(
    history: Table,
    config: OnlineConfig,
    *,
    encoder: Any = None,
    known: Sequence[str] = (),
    forest: Forest | None = None,
    shadow: Sequence[Shadow] = (),
    progress: Callable[[float], None] | None = None,
) -> Warm:
    """Walk ``history`` in time order; ``forest`` and ``shadow`` are those of an earlier walk."""
    history = history.in_time_order()
    columns = list(history.attributes)
    rows = rows_of(history, columns, encoder)
    learner = Learner(
        columns,
        config,
        text=history.texts is not None,
        known=known,
        rows=rows,
        labels=history.labels,
    )
    past: list[Shadow] = list(shadow)

    def note(opinion: Opinion, label: str) -> None:
        ranked = list(opinion.chances.items())
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        look = opinion.look
        seen = signals(ranked[0][1], second, agreement=look.agreement, novelty=look.novelty)
        past.append((seen, ranked[0][0], ranked[0][0] == label))

    learner.warm(rows, history.labels, forest=forest, shadow=note, progress=progress)
    return Warm(learner, past[-config.window :])
