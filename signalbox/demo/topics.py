"""What a ticket can be about, and whose work it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject of tickets.

    ``weight`` is its relative frequency. With a ``rival`` the same words may mean either team's
    work: the rival's with chance ``rival_share``. After the roll-out a topic with ``moves_to``
    belongs to that team, is ``surge`` times as frequent and uses ``new_lines`` in half its tickets.
    """

    name: str
    team: str
    product: str
    weight: float
    lines: tuple[str, ...]
    rival: str = ""
    rival_share: float = 0.0
    moves_to: str = ""
    surge: float = 1.0
    new_lines: tuple[str, ...] = ()
