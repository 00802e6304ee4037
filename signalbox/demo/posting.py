"""Posting tickets to the demo's own server, and what the view is told of the answers."""

from __future__ import annotations

from typing import Any

import httpx

from signalbox.demo.events import Decided, Event, LevelChanged, Waiting
from signalbox.demo.ticket import Ticket
from signalbox.demo.view import DemoView


async def post(client: httpx.AsyncClient, ticket: Ticket) -> dict[str, Any]:
    """The answer to a task; where it waits, ``proposed`` is the team a person would approve."""
    answer = await client.post(
        "/v1/tasks",
        json={"id": ticket.id, "text": ticket.text, "attributes": ticket.attributes},
    )
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    body["proposed"] = (body["alternatives"] or [{"option": ""}])[0]["option"]
    if body["approval_id"] and body["source"] == "agent":
        waiting = await client.get(f"/v1/approvals/{body['approval_id']}")
        waiting.raise_for_status()
        body["proposed"] = waiting.json()["proposed"]
    return body


def event_of(ticket: Ticket, answer: dict[str, Any]) -> Event:
    """What the view shows of it."""
    alternatives = answer["alternatives"]
    probability = alternatives[0]["probability"] if alternatives else None
    if answer["team"]:
        return Decided(
            task=ticket.id,
            text=ticket.text,
            team=answer["team"],
            true_team=ticket.true_team,
            by=answer["source"],
            ms=answer["elapsed_ms"] or 0.0,
            probability=probability,
            rule=", ".join(answer["rules"]),
        )
    return Waiting(
        task=ticket.id,
        text=ticket.text,
        team=alternatives[0]["option"] if alternatives else "",
        who="dispatcher",
        reason=answer["reason"],
        ms=answer["elapsed_ms"] or 0.0,
        probability=probability,
        advice=answer["proposed"] if answer["source"] == "agent" else "",
    )


async def watch_level(client: httpx.AsyncClient, before: str, view: DemoView) -> str:
    """The level of autonomy now, shown where it has changed."""
    now: str = (await client.get("/readyz")).json()["autonomy"]["model"]
    if now != before:
        view.show(LevelChanged(before, now, "the model's own recent record"))
    return now
