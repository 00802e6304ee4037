"""The worst-case model behind the wire: the scripted server on loopback, speaking for the stand-in.

Everything between it and the spine is the product's own: client, envelope, strict reader, re-ask.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from evals.attacks.attempt import Attempt
from evals.attacks.cases import Case
from evals.attacks.stand_in import StandIn
from evals.scripted.answers import message_text, offered_ids
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
    stand_in: StandIn
    case: Case | None = None
    attempt: Attempt | None = None
    prompts: list[str] = field(default_factory=list)
    asked: bool = False

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

    def say(self, messages: list[Any]) -> str:
        """The raw answer to one request."""
        text = "\n".join(message_text(message) for message in messages)
        offered = offered_ids(messages[-1:]) if messages else ()
        # The prompt's own line is the last one; what a text says of OFFERED is quoted before it.
        marker = text.rfind("\nOFFERED: ")
        if marker >= 0:
            offered = offered_ids([{"content": text[marker:]}])
        self.prompts.append(text)
        assert self.case is not None, "no question is under way between cases"
        if self.attempt is None:
            return self.stand_in.harmless(self.case, offered)
        raw = self.stand_in.obeying(self.attempt, text, offered)
        self.asked |= self.attempt.goal.asked_by(raw)
        return raw


@asynccontextmanager
async def running_host(stand_in: StandIn) -> AsyncIterator[Host]:
    """A listener on a free loopback port of this process, until the block is left."""
    server = ScriptedServer()
    host = Host(server, await server.listen(), stand_in)
    server.state.author = host.say
    try:
        yield host
    finally:
        server.close()
