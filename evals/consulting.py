"""One question to any host through the product's own client: what the contract matrix is about."""

from __future__ import annotations

import asyncio
from importlib import import_module

from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed
from agents.messages import Message

# Now, so that no cell of the matrix waits for it.
for late in ("agents.http", "agents.chat"):
    import_module(late)

OFFERED = ("mail", "network")
ASKED = [
    Message("system", "Answer with one JSON object: choice, reasons, evidence, confidence."),
    Message("user", 'The mailbox is full.\nOFFERED: ["mail", "network"]'),
]


async def consult(base_url: str, dialect: str, deadline_s: float) -> tuple[str, float]:
    """(proposal or the kind of failure, seconds it took), with a fresh client each time.

    A choice that was not offered is reported as ``escaped``, which no cell of the matrix expects.
    """
    config = configure(
        base_url=base_url, model="r1", dialect=dialect, api_key="sk-scripted-host", max_tokens=2000
    )
    loop = asyncio.get_running_loop()
    async with R1Client(config) as client:
        began = loop.time()
        try:
            reply = await client.ask(ASKED, OFFERED, (), deadline_s)
        except ConsultFailed as failure:
            return failure.kind.value, loop.time() - began
        result = "proposal" if reply.answer.choice in OFFERED else "escaped"
        return result, loop.time() - began
