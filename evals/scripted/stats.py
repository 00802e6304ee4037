"""What the scripted server has seen: the figures tests are judged by."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from evals.scripted.request import Request

MASK = "***"
MOST_PATHS = 1000
_SECRET = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


@dataclass(slots=True)
class Stats:
    """Requests to the model's paths; those to ``/`` and ``/_...`` are not counted.

    ``arrivals_s`` are the seconds since the last reset at which the latest 1,000 came.
    """

    requests: int = 0
    by_path: Counter[str] = field(default_factory=Counter)
    peak_connections: int = 0
    internal_errors: int = 0
    arrivals_s: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    last_request: dict[str, Any] | None = None
    since: float = field(default_factory=time.monotonic)

    def count(self, path: str) -> None:
        """One request line, whatever became of it (refused and hung ones count too)."""
        self.requests += 1
        known = path in self.by_path or len(self.by_path) < MOST_PATHS
        self.by_path[path if known else "(others)"] += 1
        self.arrivals_s.append(round(time.monotonic() - self.since, 4))

    def keep(self, request: Request) -> None:
        """Remember the latest request; what could be a key is masked."""
        self.last_request = {
            "method": request.method,
            "path": request.path,
            "headers": {
                name: MASK if name in _SECRET else value for name, value in request.headers.items()
            },
            "body": _readable(request.body),
        }

    def report(self, open_connections: int) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "by_path": dict(self.by_path),
            "open_connections": open_connections,
            "peak_connections": self.peak_connections,
            "internal_errors": self.internal_errors,
            "arrivals_s": list(self.arrivals_s),
            "last_request": self.last_request,
        }


def _readable(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:2000].decode("utf-8", "replace")
