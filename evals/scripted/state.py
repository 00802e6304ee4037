"""Everything a test may set on the scripted server, and what resets with it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from evals.scripted.answers import BadScript, Script
from evals.scripted.request import Request
from evals.scripted.stats import Stats

MODES = ("up", "refuse", "hang", "flap")
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Mode:
    """How the host behaves as a whole, looked up anew at each request.

    "refuse" reads the request and resets its connection, "hang" never answers it, "flap" refuses
    for ``period_s``, is up for as long, and so on. Answers under way are not touched.
    """

    name: str = "up"
    period_s: float = 2.0
    since: float = field(default_factory=time.monotonic)

    @classmethod
    def wanted(cls, body: dict[str, Any]) -> Mode:
        """From ``{"mode": ..., "period_s": ...}``; BadScript names what is wrong."""
        name, period = body.get("mode"), body.get("period_s", 2.0)
        if name not in MODES:
            raise BadScript(f"mode: one of {', '.join(MODES)}")
        if isinstance(period, bool) or not isinstance(period, int | float) or period <= 0:
            raise BadScript("period_s: not a number above 0")
        return cls(str(name), float(period))

    def now(self) -> str:
        """ "up", "refuse" or "hang"."""
        if self.name != "flap":
            return self.name
        periods = int((time.monotonic() - self.since) / self.period_s)
        return "up" if periods % 2 else "refuse"


@dataclass(slots=True)
class State:
    """One server's memory.

    ``author``, where set, writes the whole content of every good answer in place of the script:
    messages in, text out; ``before`` is awaited with each request first. Neither is reset.
    """

    script: Script = field(default_factory=Script)
    mode: Mode = field(default_factory=Mode)
    stats: Stats = field(default_factory=Stats)
    answers: int = 0
    turn: int = 0
    failed_once: set[str] = field(default_factory=set)
    author: Callable[[list[Any]], str] | None = None
    before: Callable[[Request], Awaitable[None]] | None = None

    def reset(self, open_connections: int) -> None:
        """Forget everything but the connections that are still open."""
        self.script, self.mode = Script(), Mode()
        self.stats = Stats(peak_connections=open_connections)
        self.answers = self.turn = 0
        self.failed_once.clear()

    def next_turn(self) -> int:
        """Numbers answers from 0 since the script was set, so that choices come in turn."""
        self.turn += 1
        return self.turn - 1

    def first_of_two(self, key: str) -> bool:
        """True for the first, third, ... request of this key: those that fail once."""
        if key in self.failed_once:
            self.failed_once.remove(key)
            return False
        if len(self.failed_once) < MOST_REMEMBERED:
            self.failed_once.add(key)
        return True
