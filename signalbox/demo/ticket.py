"""A ticket of the demo's service desk, with the truth that only its generator knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ATTRIBUTES = ("channel", "location", "priority", "customer_tier", "product", "department")


class Phase(StrEnum):
    """``steady`` until the roll-out, then ``rollout``: topics move, words and mix change."""

    STEADY = "steady"
    ROLLOUT = "rollout"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One mail, call or form that reached the desk.

    ``true_team`` is the team whose work this is, "" for stray mail that is nobody's.
    ``recorded_team`` is what the desk's books say, mislabelled in a few rows of the history: learn
    from this one, measure against the other. ``ambiguous`` marks a text that fits two teams, where
    the truth is a coin toss no reader could win. ``opened`` is in UTC.
    """

    id: str
    opened: datetime
    text: str
    attributes: dict[str, str]
    true_team: str
    in_scope: bool
    phase: Phase
    recorded_team: str
    topic: str
    ambiguous: bool = False
