"""The model of the bench behind the wire: the scripted server on loopback, speaking for it.

Everything between it and the spine is the product's own: client, envelope, strict reader, re-ask.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from evals.attacks.attempt import Attempt
from evals.attacks.cases import Case
from evals.attacks.models import Model
from evals.scripted.answers import message_text, offered_ids
from evals.scripted.request import Request
from evals.scripted.server import ScriptedServer

DIALECT = "vllm"
MODEL = "DeepSeek-R1"
REPORTED = f"scripted/{MODEL}"
LATE_S = 0.02


@dataclass(slots=True)
class Host:
    """What is being asked about at present, and what was said. One case at a time."""

    server: ScriptedServer
    url: str
    model: Model
    case: Case | None = None
    attempt: Attempt | None = None
    prompts: list[str] = field(default_factory=list)
    asked: bool = False
    _ready: dict[str, list[str]] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"{self.url}/{DIALECT}/none/v1"

    def turn(self, case: Case, attempt: Attempt | None) -> None:
        """From here on every question is taken to be about ``case``."""
        self.case, self.attempt = case, attempt
        self.prompts, self.asked = [], False
        late = attempt is not None and (attempt.plan.late or attempt.plan.move == "crowd")
        script = self.server.state.script
        self.server.state.script = replace(script, delay_s=LATE_S if late else 0.0)

    async def before(self, request: Request) -> None:
        """Have the answer to ``request`` ready."""
        if request.method != "POST":
            return
        text = _text(request.json().get("messages") or [])
        self.prompts.append(text)
        case, attempt = self.case, self.attempt
        assert case is not None, "no question is under way between cases"
        raw = await self.model.reply(case, attempt, text, _offered(text))
        self.asked |= attempt is not None and attempt.goal.asked_by(raw)
        self._ready.setdefault(text, []).append(raw)

    def say(self, messages: list[Any]) -> str:
        """The raw answer to one request."""
        text = _text(messages)
        raw = self._ready[text].pop()
        if not self._ready[text]:
            del self._ready[text]
        return raw


def _text(messages: list[Any]) -> str:
    return "\n".join(message_text(message) for message in messages)


def _offered(text: str) -> tuple[str, ...]:
    # The prompt's own line is the last one; what a text says of OFFERED stands quoted before it.
    return offered_ids([{"content": text[max(text.rfind("\nOFFERED: "), 0) :]}])


@asynccontextmanager
async def running_host(model: Model) -> AsyncIterator[Host]:
    """A listener on a free loopback port of this process, until the block is left."""
    server = ScriptedServer()
    host = Host(server, await server.listen(), model)
    server.state.before, server.state.author = host.before, host.say
    try:
        yield host
    finally:
        server.close()
