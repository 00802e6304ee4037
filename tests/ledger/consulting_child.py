"""One of several processes that ask a model on one budget: ``python -m … URL BASE GO N LIMIT``.

Says "ready", waits for the file GO, asks N questions at once and says how each ended, as JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

from agents.budget import StoredBudget
from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed
from agents.messages import Message
from signalbox.ledger.store import open_ledger
from tests.ledger.make import NOON

MAX_TOKENS = 2_000
USD = 0.1  # what one request can cost at most
ASKED = [Message("user", 'Which one?\nOFFERED: ["mail", "network"]')]


def config(base_url, at_once):
    return configure(
        base_url=base_url,
        model="r1",
        dialect="vllm",
        max_tokens=MAX_TOKENS,
        usd_per_million_in=0.0,
        usd_per_million_out=USD / MAX_TOKENS * 1e6,
        concurrency=at_once,
        breaker_failures=1_000_000,
        backoff_s=0.01,
    )


async def main(url, base_url, go, count, limit):
    ledger = open_ledger(url)
    budget = StoredBudget(ledger, "host", float(limit), clock=lambda: NOON)

    async def one(client):
        try:
            reply = await client.ask(ASKED, ("mail", "network"), (), 60.0)
        except ConsultFailed as failure:
            return failure.kind.value, failure.attempts, failure.cost_usd
        return "proposal", reply.attempts, reply.cost_usd

    async with R1Client(config(base_url, int(count)), budget) as client:
        await client.warm_up()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not Path(go).exists():
            await asyncio.sleep(0.001)
        found = await asyncio.gather(*(one(client) for _ in range(int(count))))
    ledger.close()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
