"""The model's paths: ``/{dialect}/{fault}/v1/chat/completions`` and ``.../models``."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from evals.scripted import wire
from evals.scripted.answers import message_text, offered_ids
from evals.scripted.dialects import DIALECTS, Dialect
from evals.scripted.faults import FAULTS, Fault
from evals.scripted.reply import Reply, completion, error_reply, json_reply
from evals.scripted.request import BadRequest, Request
from evals.scripted.said import CHARACTERS_PER_TOKEN, Said
from evals.scripted.shapes import UNKNOWN_ID
from evals.scripted.state import State


@dataclass(frozen=True, slots=True)
class Plan:
    """A reply and how to send it."""

    reply: Reply
    dialect: Dialect
    send: wire.Send = wire.whole
    delay_s: float = 0.0

    async def carry_out(self, to: wire.Wire) -> bool:
        """True where the connection may serve another request."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return await self.send(to, self.reply, self.dialect)


def plan(request: Request, state: State) -> Plan:
    """What to answer. BadRequest (404, 405, 400) where the request is no good in itself."""
    parts = request.path.strip("/").split("/", 2)
    if len(parts) != 3 or parts[0] not in DIALECTS or parts[1] not in FAULTS:
        raise BadRequest(404, "no such path; GET / names the dialects and the faults")
    dialect, fault, rest = DIALECTS[parts[0]], FAULTS[parts[1]], parts[2]
    if rest == "v1/models" and request.method == "GET":
        return Plan(json_reply(_models(dialect)), dialect)
    if rest != "v1/chat/completions":
        raise BadRequest(404, "only v1/chat/completions and v1/models are here")
    if request.method != "POST":
        raise BadRequest(405, "POST a chat completion request")
    return _complete(request.json(), dialect, fault, state)


def _complete(asked: dict[str, Any], dialect: Dialect, fault: Fault, state: State) -> Plan:
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages:
        return Plan(error_reply(dialect, 400, "messages: a list of at least one"), dialect)
    objection = dialect.objection(asked)
    if objection is not None:
        return Plan(error_reply(dialect, 400, objection), dialect)
    if fault.status != 200 and (not fault.once or _fails(messages, dialect, fault, state)):
        wait = {} if fault.retry_after is None else {"retry_after": fault.retry_after()}
        refusal = error_reply(dialect, fault.status, fault.says, **wait)
        return Plan(refusal, dialect, fault.send, state.script.delay_s)
    answer = state.script.answer(offered_ids(messages), state.next_turn())
    text = "\n".join(message_text(message) for message in messages)
    said = Said(state.script.reasoning, state.author(messages) if state.author else answer.text())
    if fault.shape is not None and not (fault.until_told and UNKNOWN_ID in text):
        said = fault.shape(said, answer)
    state.answers += 1
    tokens = len(text) // CHARACTERS_PER_TOKEN
    payload = completion(said.capped(dialect.limit(asked)), dialect, state.answers, tokens)
    if fault.payload is not None:
        payload = fault.payload(payload, dialect)
    reply = json_reply(payload)
    if fault.reply is not None:
        reply = fault.reply(reply)
    return Plan(reply, dialect, fault.send, state.script.delay_s)


def _fails(messages: list[Any], dialect: Dialect, fault: Fault, state: State) -> bool:
    """Whether this is the first of two like requests: a retry repeats the messages exactly."""
    digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()
    return state.first_of_two(f"{dialect.name}/{fault.name}/{digest}")


def _models(dialect: Dialect) -> dict[str, Any]:
    model = {"id": f"scripted/{dialect.model}", "object": "model", "created": 0}
    return {"object": "list", "data": [model | {"owned_by": "scripted"}]}
