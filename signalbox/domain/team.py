"""Teams: the queues that work is routed to."""

from __future__ import annotations

from signalbox.domain.base import Name, Value


class Team(Value):
    """A queue of work with people behind it. ``id`` is the label the router was learned with."""

    id: Name
    title: str = ""
