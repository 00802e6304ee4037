"""One at a time for each task: a crowd of the same request is one piece of work, not many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """Whoever comes second waits, and then finds what the first has left.

    Within one process: between processes the ledger sees to it that one decision counts.
    """

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        """How many keys somebody is at, or waits for."""
        return len(self._locks)

    @asynccontextmanager
    async def of(self, key: Hashable) -> AsyncIterator[None]:
        """Hold the turn of ``key`` until the block is left."""
        lock, waiting = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            _, waiting = self._locks[key]
            if waiting == 1:
                del self._locks[key]
            else:
                self._locks[key] = lock, waiting - 1
