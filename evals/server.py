"""The real server in a process of its own, on a free loopback port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Queue

from signalbox.domain.errors import Unavailable

_LISTENS = re.compile(r"Signalbox listens on (http://\S+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers: its address and its process."""

    url: str
    process: subprocess.Popen[str]
    log: list[str]

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_server(
    arguments: Sequence[str], *, env: Mapping[str, str] | None = None, wait_s: float = 60.0
) -> Iterator[Server]:
    """Run ``signalbox serve ARGUMENTS --port 0`` until the block is left.

    Raises:
        Unavailable: it did not listen within ``wait_s`` seconds; its last words are in the message.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "signalbox", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(env or {})},
    )
    log: list[str] = []
    found: Queue[str] = Queue()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            log.append(line.rstrip())
            match = _LISTENS.search(line)
            if match:
                found.put(match.group(1))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield Server(_await_url(process, found, log, wait_s), process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(timeout=5)
        if process.stderr is not None:
            process.stderr.close()


def _await_url(
    process: subprocess.Popen[str], found: Queue[str], log: list[str], wait_s: float
) -> str:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        try:
            return found.get(timeout=0.1)
        except Empty:
            if process.poll() is not None:
                break
    last = " | ".join(log[-5:])
    raise Unavailable(
        f"the server did not start: {last}", hint="run `signalbox serve` by hand to see why"
    )
