"""A process with a durable runtime, whose one handler tells on stdout what it does: a test kills it.

Arguments: database URL, id of the executor, and ``hang`` or ``do``.
"""

from __future__ import annotations

import asyncio
import sys

from signalbox.domain.base import utc_now
from signalbox.ledger.store import open_ledger
from signalbox.runtime.host import Host


async def main(url: str, way: str) -> None:
    ledger = open_ledger(url)

    async def handle(tenant: str, about: str) -> None:
        print(f"begun {tenant} {about}", flush=True)
        if way == "hang":
            await asyncio.sleep(3600)
        print(f"done {tenant} {about}", flush=True)

    host = Host(url, "worker", ledger.executors, {"decide": handle}, utc_now)
    await host.start()
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await host.stop()
    print("ended", flush=True)
    ledger.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
