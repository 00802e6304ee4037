"""What a detector says when something has changed."""

from __future__ import annotations

from dataclasses import dataclass

SPEEDS, ARRIVALS, STAFF = "speeds", "arrivals", "staff"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A change that was found at ``moment`` and is held to have happened at ``since``; hours.

    ``what`` is ``speeds``, ``arrivals`` or ``staff``. ``activity`` and ``resource`` say where, as
    numbers; None means all of them. ``factor`` is the size among those looked for that fits best:
    of the service times, or of the time between two cases; 0 where somebody has left, infinite
    where somebody is back, None where each pair has changed in its own way.
    """

    moment: float
    since: float
    what: str
    activity: int | None = None
    resource: int | None = None
    factor: float | None = None
