"""A client that does as the documentation asks: it sends again, elsewhere, under the same id."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

from evals.benchmarks.posting import Connection

PATIENCE_S = 30.0
ONE_TRY_S = 5.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0
# What says "not now": the same request may succeed in a moment.
AGAIN = (429, 500, 502, 503, 504)


@dataclass(slots=True)
class Asked:
    """One request, however many tries it took: when, how long, and what was answered at last."""

    what: str
    began: float
    ms: float = 0.0
    tries: int = 0
    status: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """Whether the request was answered for good, be it with a refusal."""
        return self.status is not None and self.status not in AGAIN


class Client:
    """Keep-alive connections to several servers; the next one is asked where one fails."""

    def __init__(self, urls: list[str]) -> None:
        self._urls = urls
        self._turn = itertools.cycle(range(len(urls)))
        self._idle: dict[str, list[Connection]] = {url: [] for url in urls}

    async def ask(
        self, what: str, method: str, path: str, content: object = None, *, at: int | None = None
    ) -> Asked:
        """Send until it is answered for good, at most for ``PATIENCE_S``. ``at``: where first."""
        body = b"" if content is None else json.dumps(content).encode()
        asked = Asked(what, time.monotonic())
        place = next(self._turn) if at is None else at
        wait = FIRST_WAIT_S
        while True:
            url = self._urls[place % len(self._urls)]
            asked.tries += 1
            try:
                async with asyncio.timeout(ONE_TRY_S):
                    asked.status, said = await self._once(url, method, path, body)
                asked.body = json.loads(said) if said else {}
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
                asked.status = None
                asked.troubles.append(type(error).__name__)
            else:
                if asked.answered:
                    break
                asked.troubles.append(f"{asked.status} {asked.body.get('detail', '')}"[:200])
            if time.monotonic() - asked.began > PATIENCE_S:
                break
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT_S, wait * 2)
            place += 1
        asked.ms = (time.monotonic() - asked.began) * 1000
        return asked

    async def _once(self, url: str, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        idle = self._idle[url]
        connection = idle.pop() if idle else Connection(url)
        try:
            sent = connection.post(path, body) if method == "POST" else connection.get(path)
            answer = await sent
        except BaseException:
            connection.close()
            raise
        idle.append(connection)
        return answer

    def close(self) -> None:
        """Close every idle connection."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
