"""A decision whose true label is not known yet, with what it was based on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signalbox.learning.online.learner import Opinion
from signalbox.learning.online.mixing import Chances
from signalbox.learning.online.row import Row


@dataclass(frozen=True, slots=True)
class Pending:
    """``above``: the score reached the threshold; ``automatic``: and autonomy stood."""

    row: Row
    label: str
    signals: tuple[float, ...]
    above: bool
    automatic: bool
    fixed: Chances
    opinion: Opinion | None


def pending_to_json(pending: Pending) -> dict[str, Any]:
    """Plain values; the learner's opinion is left out and formed anew when the answer comes."""
    return {
        "row": pending.row.to_json(),
        "label": pending.label,
        "signals": list(pending.signals),
        "above": pending.above,
        "automatic": pending.automatic,
    }


def pending_from_json(values: dict[str, Any]) -> Pending:
    """The reverse of :func:`pending_to_json`."""
    return Pending(
        row=Row.from_json(values["row"]),
        label=str(values["label"]),
        signals=tuple(values["signals"]),
        above=bool(values["above"]),
        automatic=bool(values["automatic"]),
        fixed={},
        opinion=None,
    )
