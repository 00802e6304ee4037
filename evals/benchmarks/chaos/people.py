"""Two people who answer the same approvals at the same moment, each through another server."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from evals.benchmarks.chaos.client import Asked, Client

LOOK_EVERY_S = 0.5
AT_ONCE = 4


@dataclass(slots=True)
class Race:
    """One approval and what each of the two was answered."""

    approval: str
    said: dict[str, dict[str, Any]]
    asked: dict[str, Asked] = field(default_factory=dict)


@dataclass(slots=True)
class People:
    """Ann and Ben. ``races`` are all approvals they both answered."""

    client: Client
    rng: random.Random
    races: dict[str, Race] = field(default_factory=dict)
    looks: list[Asked] = field(default_factory=list)

    async def work(self, over: asyncio.Event) -> None:
        """Look for what waits and answer it, until ``over``."""
        while not over.is_set():
            look = await self.client.ask("list", "GET", "/v1/approvals?limit=20")
            self.looks.append(look)
            fresh = [one for one in look.body.get("approvals", []) if one["id"] not in self.races]
            await asyncio.gather(*(self._race(one) for one in fresh[:AT_ONCE]))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _race(self, approval: dict[str, Any]) -> None:
        options = [one["option"] for one in approval["alternatives"]] or ["front desk"]
        approve = {"decision": "approve"} if approval["proposed"] else {"decision": "reject"}
        first, second = self.rng.sample(
            [approve, {"decision": "edit", "team": self.rng.choice(options)}], 2
        )
        said = {"ann": first | {"actor": "ann"}, "ben": second | {"actor": "ben"}}
        race = self.races[approval["id"]] = Race(approval["id"], said)
        path = f"/v1/approvals/{approval['id']}"
        start = self.rng.randrange(2)
        ann, ben = await asyncio.gather(
            self.client.ask("answer", "POST", path, said["ann"], at=start),
            self.client.ask("answer", "POST", path, said["ben"], at=start + 1),
        )
        race.asked = {"ann": ann, "ben": ben}
