"""One open wire per event loop: HTTP client, chat model and concurrency cap.

An asyncio connection belongs to the loop it was made on; a client shared between loops breaks on
the second one. The chat libraries are imported here, by a thread, when the first question is
asked: that takes seconds in which the loop must go on.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import suppress
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from agents.config import ClientConfig
from agents.failures import ConsultFailed, FailureKind

CLOSE_S = 2.0


class Wire:
    """What one loop uses. Closed by ``aclose``, or by the loop when ``asyncio.run`` ends it."""

    def __init__(self, config: ClientConfig, parts: _Parts) -> None:
        self.slots = asyncio.Semaphore(config.concurrency)
        self.http = parts.http.BoundedClient(config, parts.verify)
        self.chat = parts.chat.open_chat(config, self.http)
        self._end = self._until_the_loop_ends()

    async def open(self) -> None:
        await self._end.__anext__()

    async def aclose(self) -> None:
        """Close the connections; repeating it does nothing."""
        with suppress(RuntimeError):  # Already being closed by the loop.
            await self._end.aclose()
        await self.http.aclose()

    async def _until_the_loop_ends(self) -> AsyncGenerator[None, None]:
        # asyncio finishes the generators of a loop before it closes it: the one hook there is.
        try:
            yield
        finally:
            await self.http.aclose()


class Wires:
    """The open wires of one client, by event loop."""

    def __init__(self, config: ClientConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Wire] = WeakKeyDictionary()
        self._closed = False

    async def here(self) -> Wire:
        """The wire of the running loop, opened on first use.

        Raises:
            ConsultFailed: cancelled, when the client is closed.
        """
        loop = asyncio.get_running_loop()
        if (wire := self._by_loop.get(loop)) is not None and not self._closed:
            return wire
        parts = await _load()
        with self._lock:
            if self._closed:
                raise ConsultFailed(FailureKind.CANCELLED, "the client is closed")
            # A wire holds its loop through its connections, so the weak key alone frees nothing.
            for ended in [known for known in self._by_loop if known.is_closed()]:
                del self._by_loop[ended]
            wire = self._by_loop.get(loop)
            if wire is not None:
                return wire
            wire = self._by_loop[loop] = Wire(self._config, parts)
        await wire.open()
        return wire

    def __len__(self) -> int:
        return len(self._by_loop)

    async def aclose(self) -> None:
        """Close every wire, each on its own loop; questions under way fail as cancelled."""
        with self._lock:
            self._closed = True
            wires = list(self._by_loop.items())
            self._by_loop.clear()
        for loop, wire in wires:
            if loop is asyncio.get_running_loop():
                await wire.aclose()
            elif loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(wire.aclose(), loop)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.wrap_future(closing), CLOSE_S)


class _Parts:
    """The late imports, and the trust store, which takes long to read and is shared."""

    def __init__(self) -> None:
        self.http: ModuleType = importlib.import_module("agents.http")
        self.chat: ModuleType = importlib.import_module("agents.chat")
        self.verify: Any = importlib.import_module("httpx2").create_ssl_context()


_loading: list[Future[_Parts]] = []
_loading_lock = threading.Lock()


async def _load() -> _Parts:
    """Import once per process; who waits may give up, the import goes on."""
    with _loading_lock:
        if _loading and _loading[0].done() and _loading[0].exception() is not None:
            _loading.clear()  # Tried again: a full disk or a missing package may be mended.
        if not _loading:
            future: Future[_Parts] = Future()
            future.set_running_or_notify_cancel()  # From here on no waiter can cancel it.
            _loading.append(future)
            threading.Thread(
                target=_import, args=(future,), name="signalbox-r1-import", daemon=True
            ).start()
        future = _loading[0]
    return future.result() if future.done() else await asyncio.wrap_future(future)


def _import(future: Future[_Parts]) -> None:
    """Import, and keep what is there for good out of the garbage collector's way.

    A full collection that walks the libraries too stops every thread for a quarter of a second
    (276,000 objects, measured): too long for tasks that wait for an answer in time. Nothing is
    collected here, since that would be such a stop. Once per process, so little is kept in vain.
    """
    try:
        gc.freeze()
        parts = _Parts()
        gc.freeze()
        future.set_result(parts)
    except Exception as error:
        future.set_exception(error)
