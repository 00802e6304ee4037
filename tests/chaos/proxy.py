"""A wire that can be cut: TCP between a server and its database, as through a pooler that fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading

BITE = 65536


class Proxy:
    """Forwards a loopback port to ``target`` until it is told not to.

    On an event loop in a thread of its own: of threads that read a socket each, one may still be
    about to read what another has closed, when its number is already that of the next connection.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self.refusing = False
        self.cuts = 0
        # How many commits are still to reach the server while what it says to them does not return.
        self.lose_answers = 0
        self.lost = 0
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        listening = asyncio.start_server(self._forward, "127.0.0.1", 0)
        self._listening = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._listening.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Reset every connection, in the middle of whatever it says."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._listening.close)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _cut(self) -> None:
        cut, self._open = self._open, set()
        for one in cut:
            one.transport.abort()
        self.cuts += len(cut) // 2

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            server = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, server[1]}
        self._open |= ends
        asking = asyncio.create_task(self._asks(reader, writer, server[1]))
        try:
            await self._pump(server[0], writer)
            await asking
        finally:
            asking.cancel()
            for end in ends:
                end.transport.abort()
            self._open -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(BITE):
                writer.write(said)
                await writer.drain()
        writer.transport.abort()

    async def _asks(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, on: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(BITE):
                if b"COMMIT" in said and self.lose_answers:
                    self.lose_answers -= 1
                    self.lost += 1
                    # The way back is closed first, then the commit goes its way.
                    back.transport.abort()
                    on.write(said)
                    await on.drain()
                    await asyncio.sleep(0.2)
                    break
                on.write(said)
                await on.drain()
        on.transport.abort()
