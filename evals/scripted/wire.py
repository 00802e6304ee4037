"""One connection, byte by byte, and the faults that are in how bytes arrive."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from evals.scripted.dialects import Dialect
from evals.scripted.reply import Reply

KEEP_ALIVE_S = 0.3
TRICKLE_S = 0.2
SLOW_S = 60.0

_LINGER_0 = struct.pack("ii", 1, 0)  # close() then sends RST and drops what is not yet sent


class Wire:
    """The writing side of a connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def close(self) -> None:
        self._writer.close()

    def finish_writing(self) -> None:
        if self._writer.can_write_eof():
            self._writer.write_eof()

    def reset(self) -> None:
        """End the connection with RST, as a dead host or a stateful proxy does."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None and sock.fileno() != -1:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._writer.transport.abort()


# Sends the reply in its own way; True where the connection may serve another request.
Send = Callable[[Wire, Reply, Dialect], Awaitable[bool]]


async def whole(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    """As it should be."""
    await wire.send(reply.head() + reply.body)
    return True


async def slow_first_byte(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    await asyncio.sleep(SLOW_S)
    return await whole(wire, reply, dialect)


async def keep_alive(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    """Lines that say nothing, for ever: every read succeeds, so read timeouts never strike."""
    await wire.send(reply.head(chunked=True))
    while True:
        await wire.send_chunk(dialect.keep_alive)
        await asyncio.sleep(KEEP_ALIVE_S)


async def keep_alive_then_answer(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    """Blank lines, then the answer: JSON may begin with white space, so this is a good body."""
    await wire.send(reply.head(chunked=True))
    for _ in range(3):
        await wire.send_chunk(b"\n")
        await asyncio.sleep(KEEP_ALIVE_S / 3)
    await wire.send_chunk(reply.body)
    await wire.send(b"0\r\n\r\n")
    return True


async def trickle(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    await wire.send(reply.head())
    for place in range(len(reply.body)):
        await wire.send(reply.body[place : place + 1])
        await asyncio.sleep(TRICKLE_S)
    return True


async def cut_body(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    """Half of the announced length, then the end of the stream."""
    await wire.send(reply.head() + reply.body[: len(reply.body) // 2])
    return False


async def cut_header(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
    return False


async def reset(wire: Wire, reply: Reply, dialect: Dialect) -> bool:
    wire.reset()
    return False
