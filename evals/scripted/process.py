"""The scripted server in a process of its own, and a small client for its control paths."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from signalbox.domain.errors import BadInput, Unavailable


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """A running scripted server: ``url`` is ``http://127.0.0.1:PORT``."""

    url: str
    process: subprocess.Popen[str]

    def base_url(self, dialect: str, fault: str = "none") -> str:
        """What a client takes for the host's base URL; it adds ``/chat/completions``."""
        return f"{self.url}/{dialect}/{fault}/v1"

    def script(self, **fields: Any) -> None:
        """``choice``, ``confidence``, ``reasons`` and so on: see ``answers.Script``."""
        self._call("POST", "/_script", fields)

    def mode(self, mode: str, period_s: float = 2.0) -> None:
        """ "up", "refuse", "hang" or "flap"."""
        self._call("POST", "/_mode", {"mode": mode, "period_s": period_s})

    def stats(self) -> dict[str, Any]:
        """requests, by_path, open_connections, peak_connections, arrivals_s, last_request."""
        return self._call("GET", "/_stats")

    def reset(self) -> None:
        """Forget counts and script, and be up."""
        self._call("POST", "/_reset", {})

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        host = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=10)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"connection": "close"},
            )
            response = connection.getresponse()
            found: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise BadInput(found["error"]["message"], hint=f"check what is sent to {path}")
        return found


@contextmanager
def running_scripted() -> Iterator[ScriptedModel]:
    """Run the server until the block is left; it ends with this process in any case.

    Raises Unavailable where it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "evals.scripted", "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        url = process.stdout.readline().strip()  # empty where it ended without listening
        if not url:
            raise Unavailable(
                "the scripted server did not start",
                hint="run `python -m evals.scripted` by hand to see why",
            )
        yield ScriptedModel(url, process)
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
