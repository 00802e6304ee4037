"""How the parts of the event loop are compiled.

Arrays are handed from part to part in tuples, and numba counts references to each of them at each
call, atomically: nine tenths of the time of an episode (ADR 22). Nothing in these parts makes or
frees an array, so there is nothing to count: what they need is made before, by `plant.fresh`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

# Without the counting; a part that made an array would not compile.
UNCOUNTED: Any = {"_nrt": False}


def part(function: F) -> F:
    """Compiled in line with whoever calls it."""
    return cast("F", njit(forceinline=True, **UNCOUNTED)(function))


def apart(function: F) -> F:
    """Compiled as a call of its own: for what is rarely needed and would make the rest slower."""
    return cast("F", njit(**UNCOUNTED)(function))
