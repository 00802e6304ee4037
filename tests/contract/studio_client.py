"""What a client of ``langgraph dev`` does: list, stream, resume. Run with the SDK beside it.

``python studio_client.py URL`` writes one JSON object: what it was told, step by step.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


async def stream(client: Any, thread: str, **given: Any) -> list[tuple[str, Any]]:
    """(step, what it added) of one run, in turn."""
    seen: list[tuple[str, Any]] = []
    async for part in client.runs.stream(thread, "routing", stream_mode=["updates"], **given):
        if part.event == "error":
            seen.append(("error", part.data))
        if part.event == "updates":
            seen += part.data.items()
    return seen


async def paused(client: Any, text: str) -> tuple[str, list[str], Any]:
    """A new thread with a run that waits for a person: (thread, steps, what is asked)."""
    thread = (await client.threads.create())["thread_id"]
    task = {"id": f"t-{thread}", "text": text, "requester": "ann"}
    seen = await stream(client, thread, input={"task": task})
    return thread, [step for step, _ in seen], dict(seen)["__interrupt__"][0]["value"]


async def main(url: str) -> dict[str, Any]:
    """One run for each way to answer, and one with an answer that is none."""
    from langgraph_sdk import get_client

    client = get_client(url=url)
    told: dict[str, Any] = {"graphs": [one["graph_id"] for one in await client.assistants.search()]}
    thread, told["steps"], asked = await paused(client, "zzz qqq")
    told["asked"] = asked
    waiting = await client.threads.search(status="interrupted")
    told["waiting"] = [one["thread_id"] for one in waiting] == [thread]
    told["next"] = (await client.threads.get_state(thread))["next"]
    bad = await stream(client, thread, command={"resume": {"decisions": [{"type": "escalate"}]}})
    told["bad"] = [step for step, _ in bad]
    team = next(
        one for one in ("network", "printing") if one != asked["action_requests"][0]["args"]["team"]
    )
    answers = {
        "approve": {"type": "approve"},
        "edit": {
            "type": "edit",
            "edited_action": {"name": "route_task", "args": {"team": team}},
        },
        "reject": {"type": "reject", "message": "no"},
        "respond": {"type": "respond", "message": "call me"},
    }
    told["edited_to"] = team
    for verb, decision in answers.items():
        if verb != "approve":
            thread, _, _ = await paused(client, "zzz qqq")
        value = {"decisions": [decision], "actor": "bob"}
        seen = dict(await stream(client, thread, command={"resume": value}))
        made = seen["commit"]["decision"]
        told[verb] = {name: made[name] for name in ("status", "option", "actor", "reason")}
        told[verb]["next"] = (await client.threads.get_state(thread))["next"]
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1]))))
