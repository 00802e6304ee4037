"""The listener: connections, modes, and which part answers."""

from __future__ import annotations

import asyncio
import contextlib
import traceback

from evals.scripted.completions import plan
from evals.scripted.control import control, is_control
from evals.scripted.reply import json_reply
from evals.scripted.request import MAX_HEAD, BadRequest, read_line, read_rest
from evals.scripted.state import State
from evals.scripted.wire import Wire

HOST = "127.0.0.1"
MAX_CONNECTIONS = 2000
_DISCARD_S = 2.0


class Connection(asyncio.StreamReaderProtocol):
    """One client. Its task ends at once when the client closes, also in the midst of an answer.

    A client that closes only its sending half counts as gone: none of ours does that.
    """

    def __init__(self, server: ScriptedServer) -> None:
        self.reader = asyncio.StreamReader(limit=MAX_HEAD)
        super().__init__(self.reader, self._start)
        self._server = server
        self.is_control = False
        self.is_model = False  # neither until its first request line is in
        self._serving: asyncio.Future[None] | None = None

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server.connections.add(self)
        self._serving = asyncio.ensure_future(self._server.serve(self, Wire(writer)))

    def eof_received(self) -> bool:
        super().eof_received()
        return False  # closes the transport; connection_lost follows

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._server.connections.discard(self)
        if self._serving is not None:
            self._serving.cancel()


class ScriptedServer:
    """Serves on loopback until ``close``; nothing it holds outlives the process."""

    def __init__(self) -> None:
        self.state = State()
        self.connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self, port: int = 0) -> str:
        """Start; returns the URL. OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self), HOST, port, backlog=MAX_CONNECTIONS
        )
        return f"http://{HOST}:{self._listener.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    @property
    def open_connections(self) -> int:
        """Connections but those that carried a control request."""
        return sum(not one.is_control for one in self.connections)

    async def serve(self, connection: Connection, wire: Wire) -> None:
        """Requests of one connection, one after the other."""
        try:
            while await self._one(connection, wire):
                pass
        except BadRequest as bad:
            with contextlib.suppress(ConnectionError):
                await self._say_no(connection, wire, bad)
        except ConnectionError:
            pass
        except Exception:
            # A fault of the equipment itself must not pass for one it was asked to commit.
            self.state.stats.internal_errors += 1
            traceback.print_exc()
        wire.close()

    async def _one(self, connection: Connection, wire: Wire) -> bool:
        line = await read_line(connection.reader)
        if line is None:
            return False
        method, path = line
        if is_control(path):
            connection.is_control = True
            request = await read_rest(connection.reader, method, path)
            reply = control(request, self.state, self.open_connections)
            await wire.send(reply.head() + reply.body)
            return not request.last
        return await self._model(connection, wire, method, path)

    async def _model(self, connection: Connection, wire: Wire, method: str, path: str) -> bool:
        stats = self.state.stats
        stats.count(path)
        connection.is_model = True
        busy = sum(one.is_model for one in self.connections)
        stats.peak_connections = max(stats.peak_connections, busy)
        if self.open_connections > MAX_CONNECTIONS:
            raise BadRequest(503, f"more than {MAX_CONNECTIONS} connections")
        request = await read_rest(connection.reader, method, path)
        stats.keep(request)
        mode = self.state.mode.now()
        if mode == "refuse":
            # Only now: control requests must get through, and a client that is still sending
            # when RST arrives sees it as one error or as another.
            wire.reset()
            return False
        if mode == "hang":
            await asyncio.Event().wait()  # until the client closes and the task is cancelled
        if self.state.before is not None:
            await self.state.before(request)
        return await plan(request, self.state).carry_out(wire) and not request.last

    async def _say_no(self, connection: Connection, wire: Wire, bad: BadRequest) -> None:
        reply = json_reply({"error": {"message": f"scripted: {bad.message}"}}, bad.status)
        await wire.send(reply.head(keep=False) + reply.body)
        wire.finish_writing()
        # Closing over bytes not yet read would send RST, and the client might lose the reply.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISCARD_S):
                while await connection.reader.read(MAX_HEAD):
                    pass
