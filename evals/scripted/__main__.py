"""``python -m evals.scripted --port 0``: serve until standard input closes or SIGTERM comes.

The first line on standard output is the URL. Standard input is the leash: a process that starts
this server holds a pipe to it, and the server ends with that process however it ends. From a
shell script, give it one: ``sleep infinity | python -m evals.scripted``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading

from evals.scripted.server import MAX_CONNECTIONS, ScriptedServer


async def serve(port: int) -> None:
    """Serve on ``port`` (0: any free one)."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    server = ScriptedServer()
    url = await server.listen(port)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stderr.write("scripted model server: test equipment, there is no model behind it\n")
    # A thread, because the loop cannot watch a standard input that is a file.
    threading.Thread(target=_await_end, args=(loop, over), daemon=True).start()
    await over.wait()
    server.close()


def _await_end(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has ended before
        loop.call_soon_threadsafe(over.set)


def _allow_connections() -> None:
    """Room for file descriptors, as far as the machine lets us."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_CONNECTIONS + 200
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.scripted", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0: any free one")
    given = parser.parse_args(arguments)
    _allow_connections()
    try:
        asyncio.run(serve(given.port))
    except (OSError, OverflowError) as taken:
        sys.stderr.write(f"port {given.port} cannot be used: {taken}; try --port 0\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
