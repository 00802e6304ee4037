"""The contract matrix: every dialect x every fault against a client under test.

``python -m evals.contract --table`` starts the scripted server, asks once in every cell and prints
what came of it; ``--client MODULE:FUNCTION`` puts another client to the test than the product's
own. Exit 1 where a cell is not as expected, an
exception escaped, or an answer came later than the deadline allows.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from evals.scripted.dialects import DIALECTS
from evals.scripted.faults import FAULTS
from evals.scripted.results import RESULTS
from evals.scripted.wire import SLOW_S
from signalbox.domain.errors import BadInput

# Asks once: (base URL that ends in /v1, dialect, deadline in seconds) -> (result, seconds it took).
# It must bring nothing along from one call to the next, such as a breaker that has opened.
Consult = Callable[[str, str, float], Awaitable[tuple[str, float]]]

CONNECTION_REFUSED = "connection_refused"  # no server can commit this one: a port is closed instead
ALL_FAULTS = (*FAULTS, CONNECTION_REFUSED)
# Megabytes keep one processor busy for so long that other cells would be late through no fault
# of their own: these are asked alone.
HEAVY = frozenset({"reasoning_1mb", "content_10mb"})
MARGIN_S = 0.25
# A client that does not come back at all is given up this long after its deadline.
GIVE_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One question: what should and what did come of it. ``elapsed_s`` is what a caller waited."""

    dialect: str
    fault: str
    expected: tuple[str, ...]
    result: str | None
    elapsed_s: float
    deadline_s: float
    error: str | None = None

    @property
    def complaint(self) -> str | None:
        """What is wrong with this cell, or None."""
        if self.error is not None:
            return self.error
        if self.result not in RESULTS:
            return f"{self.result!r} is no result of the closed set"
        if self.result not in self.expected:
            return f"{self.result} instead of {' or '.join(self.expected)}"
        if self.elapsed_s > self.deadline_s + MARGIN_S:
            return f"{self.result} after {self.elapsed_s:.2f} s, the deadline was {self.deadline_s}"
        return None

    def report(self) -> dict[str, Any]:
        return asdict(self) | {"complaint": self.complaint}


async def run_matrix(
    consult: Consult,
    base_url: str,
    dialects: Sequence[str] = tuple(DIALECTS),
    faults: Sequence[str] = ALL_FAULTS,
    deadline_s: float = 3.0,
    parallel: int = 8,
) -> list[Cell]:
    """Ask once for every fault x dialect; cells come in the order of ``faults``, then dialects.

    Args:
        base_url: of the scripted server, ``http://127.0.0.1:PORT``.
        deadline_s: given to the client; below 60, which is how long the slowest host is silent.
        parallel: questions at a time, but for the heaviest ones.

    Raises:
        BadInput: an unknown dialect or fault, or a deadline outside these bounds.
    """
    _check("dialect", dialects, DIALECTS)
    _check("fault", faults, ALL_FAULTS)
    if not 0 < deadline_s < SLOW_S or parallel < 1:
        raise BadInput(
            f"deadline {deadline_s} s, parallel {parallel}",
            hint=f"a deadline above 0 and below {SLOW_S:g} s, and at least one at a time",
        )
    room = asyncio.Semaphore(parallel)
    found: dict[tuple[str, str], Cell] = {}

    async def ask(fault: str, dialect: str, closed_url: str) -> None:
        root = closed_url if fault == CONNECTION_REFUSED else base_url
        url = f"{root}/{dialect}/{fault}/v1"
        async with room:
            found[fault, dialect] = await _cell(consult, url, dialect, fault, deadline_s)

    places = [(fault, dialect) for fault in faults for dialect in dialects]
    async with closed_port() as closed_url:
        light = [place for place in places if place[0] not in HEAVY]
        await asyncio.gather(*(ask(*place, closed_url) for place in light))
        for place in places:
            if place[0] in HEAVY:
                await ask(*place, closed_url)
    return [found[place] for place in places]


async def _cell(consult: Consult, url: str, dialect: str, fault: str, deadline_s: float) -> Cell:
    known = FAULTS.get(fault)
    expected = known.accepts(dialect) if known is not None else frozenset({"unreachable"})

    async def call() -> tuple[str, float]:
        return await consult(url, dialect, deadline_s)

    start = time.perf_counter()
    asking = asyncio.ensure_future(call())
    done, _ = await asyncio.wait({asking}, timeout=deadline_s + GIVE_UP_S)
    elapsed = time.perf_counter() - start
    result: str | None = None
    error: str | None = None
    if not done:
        asking.cancel()
        error = f"did not come back within {elapsed:.1f} s"
    elif asking.cancelled():
        error = "CancelledError escaped"
    elif (escaped := asking.exception()) is not None:
        error = f"{type(escaped).__name__} escaped: {str(escaped)[:200]}"
    else:
        try:
            result, told = asking.result()
            elapsed = max(elapsed, float(told))
        except (TypeError, ValueError):
            error = f"returned {str(asking.result())[:80]!r}, not (result, seconds)"
    return Cell(dialect, fault, tuple(sorted(expected)), result, elapsed, deadline_s, error)


@asynccontextmanager
async def closed_port() -> AsyncIterator[str]:
    """A URL whose port refuses: bound, so that nobody else takes it, and not listening."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


def _check(what: str, given: Sequence[str], known: Iterable[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown or not given:
        raise BadInput(
            f"unknown {what} {unknown[0]!r}" if unknown else f"no {what} given",
            hint=f"one of: {', '.join(known)}",
        )


def summary(cells: Sequence[Cell]) -> dict[str, Any]:
    """Counts over the cells; ``latest_s`` is the most any cell took beyond its deadline."""
    late = max((cell.elapsed_s - cell.deadline_s for cell in cells), default=-math.inf)
    return {
        "cells": len(cells),
        "as_expected": sum(cell.complaint is None for cell in cells),
        "proposals": sum(cell.result == "proposal" for cell in cells),
        "failures": sum(cell.result not in (None, "proposal") for cell in cells),
        "escaped": sum(cell.error is not None for cell in cells),
        "latest_s": late,
    }


if __name__ == "__main__":
    from evals.contract_command import main

    raise SystemExit(main())
