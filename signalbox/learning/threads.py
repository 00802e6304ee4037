"""How many threads the linear algebra runs on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """One thread for the matrix products within.

    The products of a single row take a tenth of a millisecond; sharing one among threads takes
    milliseconds as soon as another process wants the cores too.
    """
    found: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return found
