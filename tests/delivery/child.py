"""A process that delivers until it is stopped. Arguments: database URL, seconds of a lease."""

from __future__ import annotations

import asyncio
import sys

from graphs.lanes import Lanes
from signalbox.delivery.addresses import AddressRules
from signalbox.delivery.deliverer import Deliverer
from signalbox.delivery.sender import HttpSender
from signalbox.domain.base import utc_now
from signalbox.domain.retrying import Retrying
from signalbox.ledger.deliveries import SqlDeliveries
from signalbox.ledger.store import open_ledger


async def main(url: str, lease_s: float) -> None:
    ledger = open_ledger(url)
    lanes = Lanes(one_writer=True)
    deliverer = Deliverer(
        SqlDeliveries(ledger._database, Retrying(base_s=0.05, cap_s=0.2, probe_s=0.1), lease_s),
        HttpSender(AddressRules(), timeout_s=60),
        lanes.reads,
        lanes.writes,
        utc_now,
    )
    sys.stdout.write("up\n")
    sys.stdout.flush()
    while True:
        await deliverer.run_once(0.05)
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
