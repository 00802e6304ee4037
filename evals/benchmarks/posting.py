"""Posting tasks to a server on a fixed schedule, whether or not earlier ones have been answered.

Time counts from the scheduled moment: a stall is charged to every request it delays (coordinated
omission, Tene 2013).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

DEMO_HISTORY = 3_000
PATIENCE_S = 30.0


class Connection:
    """One keep-alive HTTP/1.1 connection: just enough to measure the server, not a client."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """(status, body) of the answer. OSError or IncompleteReadError where none comes."""
        return await self._send("POST", path, body)

    async def get(self, path: str) -> tuple[int, bytes]:
        """Likewise."""
        return await self._send("GET", path, b"")

    async def _send(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        length = next(
            int(line.split(":", 1)[1])
            for line in lines
            if line.lower().startswith("content-length:")
        )
        return int(lines[0].split()[1]), await reader.readexactly(length)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


@dataclass(frozen=True, slots=True)
class Posted:
    """One task: when it was due (``time.monotonic``), how long the answer took from then, and it.

    ``status`` is None where no answer came. ``lag_ms`` of ``ms`` passed before it was sent: that
    is this process waiting for the machine, not the server.
    """

    due: float
    ms: float
    status: int | None
    body: bytes
    lag_ms: float = 0.0


async def open_loop(url: str, bodies: Iterable[bytes], rate: float) -> list[Posted]:
    """Post ``bodies``, ``rate`` a second, to ``/v1/tasks``; in the order of their answers.

    ``bodies`` is drawn from as they fall due, so that a generator may end the load.
    """
    idle: list[Connection] = []
    found: list[Posted] = []

    async def send(body: bytes, due: float) -> None:
        connection = idle.pop() if idle else Connection(url)
        lag = (time.monotonic() - due) * 1000
        status: int | None = None
        said = b""
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, said = await connection.post("/v1/tasks", body)
            idle.append(connection)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            connection.close()
        found.append(Posted(due, (time.monotonic() - due) * 1000, status, said, lag))

    under_way = set[asyncio.Task[None]]()
    began = time.monotonic()
    for place, body in enumerate(bodies):
        due = began + place / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        sending = asyncio.create_task(send(body, due))
        under_way.add(sending)
        sending.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for connection in idle:
        connection.close()
    return found


def demo_model(folder: Path) -> Path:
    """A model folder learned from the demo's made-up desk, below ``folder``."""
    from signalbox.demo.export import write_history_csv
    from signalbox.learning.command import learn_to_folder

    data, out = folder / "history.csv", folder / "model"
    write_history_csv(data, n=DEMO_HISTORY, seed=11)
    learn_to_folder(data, out, text="text", label="team")
    return out
