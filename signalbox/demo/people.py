"""The desk's people, played by the generator: they know the truth and answer what waits."""

from __future__ import annotations

from collections import deque
from typing import Any

import httpx

from signalbox.demo.events import Event, Resolved
from signalbox.demo.ticket import Ticket

# Tickets that may wait before somebody looks, and how many more until the work is done.
PATIENCE = 6
WORK = 40
ACTOR = "dispatcher (generated)"


class People:
    """Answer approvals a little later, and report outcomes when the work is done."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._waiting: deque[tuple[Ticket, dict[str, Any]]] = deque()
        self._working: deque[tuple[Ticket, int]] = deque()
        self._seen = 0

    def take(self, ticket: Ticket, answer: dict[str, Any]) -> None:
        """A ticket has been decided, or waits."""
        self._seen += 1
        if answer["approval_id"]:
            self._waiting.append((ticket, answer))
        elif answer["team"] and ticket.in_scope:
            self._working.append((ticket, self._seen + WORK))

    async def act(self, *, everything: bool = False) -> list[Event]:
        """Do what is due; ``everything`` empties the approvals, as at closing time."""
        events: list[Event] = []
        while self._waiting and (everything or len(self._waiting) > PATIENCE):
            events.append(await self._answer(*self._waiting.popleft()))
        while self._working and (everything or self._working[0][1] <= self._seen):
            ticket, _ = self._working.popleft()
            answer = await self._client.post(
                f"/v1/tasks/{ticket.id}/outcome",
                json={"team": ticket.true_team, "reporter": ACTOR},
            )
            answer.raise_for_status()
        return events

    async def _answer(self, ticket: Ticket, answer: dict[str, Any]) -> Event:
        if not ticket.in_scope:
            verb, body = "reject", {"message": "not a ticket"}
        elif ticket.true_team == answer["proposed"]:
            verb, body = "approve", {}
        else:
            verb, body = "edit", {"team": ticket.true_team}
        done = await self._client.post(
            f"/v1/approvals/{answer['approval_id']}",
            json={"decision": verb, "actor": ACTOR, **body},
        )
        done.raise_for_status()
        if ticket.in_scope:
            self._working.append((ticket, self._seen + WORK))
        return Resolved(task=ticket.id, verb=verb, team=ticket.true_team, actor=ACTOR)
