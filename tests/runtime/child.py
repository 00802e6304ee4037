"""A process with a durable runtime whose one handler tells on stdout what it does.

Arguments: database URL, and ``hang`` or ``do``.
"""

from __future__ import annotations

import asyncio
import sys

from signalbox.domain.base import utc_now
from signalbox.ledger.store import open_ledger
from signalbox.runtime.host import Host


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(url: str, way: str) -> None:
    ledger = open_ledger(url)

    async def handle(tenant: str, about: str) -> None:
        say(f"begun {tenant} {about}")
        if way == "hang":
            await asyncio.sleep(3600)
        say(f"done {tenant} {about}")

    host = Host(url, "worker", ledger.executors, {"decide": handle}, utc_now)
    await host.start()
    say("up")
    await asyncio.to_thread(sys.stdin.read)
    await host.stop()
    say("ended")
    ledger.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
