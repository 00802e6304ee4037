"""One task that somebody has done, as an engine sees it."""

from __future__ import annotations

from typing import NamedTuple


class Task(NamedTuple):
    """At ``moment`` (hours) ``resource`` ended a task of ``activity`` after ``hours`` of work."""

    moment: float
    activity: int
    resource: int
    hours: float
