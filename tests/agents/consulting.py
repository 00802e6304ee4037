"""One question to any host, for the contract matrix.

``python -m evals.contract --table --client tests.agents.consulting:consult`` prints it.
"""

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
    """(proposal or the kind of failure, seconds it took), with a fresh client each time."""
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
        assert reply.answer.choice in OFFERED
        return "proposal", loop.time() - began
