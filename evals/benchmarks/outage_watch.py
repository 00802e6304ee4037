"""What can be seen of a breaker from outside: when it was open, and what reached the host then."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from itertools import pairwise

from evals.benchmarks.posting import Connection
from evals.scripted.process import ScriptedModel

LOOK_S = 0.05
COUNT_S = 1.0


@dataclass(slots=True)
class Seen:
    """Moments in ``time.monotonic`` seconds.

    ``looks``: when the server was asked, and whether its breaker was open then. ``arrivals``: when
    requests reached the host.
    """

    looks: list[tuple[float, bool]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def spells(self) -> list[tuple[float, float]]:
        """Each time it was open: from the first look that saw it so to the last one."""
        found: list[tuple[float, float]] = []
        before = False
        for at, is_open in self.looks:
            if is_open:
                found.append((found.pop()[0] if before else at, at))
            before = is_open
        return found

    def while_open(self) -> list[list[float]]:
        """The arrivals of each spell."""
        return [[at for at in self.arrivals if a < at <= b] for a, b in self.spells()]

    def closed_after(self, moment: float) -> float | None:
        """Seconds from ``moment`` to the first look from which on it stayed closed, or None."""
        last = max((at for at, is_open in self.looks if is_open), default=moment)
        later = [at for at, _ in self.looks if at > max(last, moment)]
        return later[0] - moment if later else None


def most_within(moments: list[float], seconds: float) -> int:
    """The most of these that fall into any ``seconds``, its end not counted."""
    return max(
        (sum(start <= at < start + seconds for at in moments) for start in moments), default=0
    )


def shortest_gap(spells: list[list[float]]) -> float | None:
    """Seconds between the two closest arrivals of one spell."""
    return min((b - a for one in spells for a, b in pairwise(one)), default=None)


async def watch(seen: Seen, url: str, model: ScriptedModel, over: asyncio.Event) -> None:
    """Look until ``over``. The host's clock starts at its reset, so it is reset here."""
    before = time.monotonic()
    await asyncio.to_thread(model.reset)
    zero = (before + time.monotonic()) / 2
    counted = 0

    async def count() -> None:
        nonlocal counted
        stats = await asyncio.to_thread(model.stats)
        new = stats["requests"] - counted
        counted = stats["requests"]
        seen.arrivals += [zero + at for at in stats["arrivals_s"][-new:]] if new else []

    async def look() -> None:
        connection = Connection(url)
        while not over.is_set():
            began = time.monotonic()
            _, body = await connection.get("/readyz")
            # Half-open is open: only that a probe is due.
            seen.looks.append((time.monotonic(), "breaker closed" not in _consult(body)))
            await asyncio.sleep(max(0.0, LOOK_S - (time.monotonic() - began)))
        connection.close()

    looking = asyncio.create_task(look())
    try:
        while not over.is_set():
            await count()
            await asyncio.wait({looking}, timeout=COUNT_S)
        await looking
    finally:
        looking.cancel()
    await count()


def _consult(body: bytes) -> str:
    return str(json.loads(body)["consult"])
