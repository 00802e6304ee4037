"""The desks as they run in full: an engine each, on a ledger of its own, behind the real routes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from api.application import create_app
from evals.attacks.cases import QUEUES, REFUND_OPTIONS, RESERVED
from evals.attacks.kind import Refunds, Undecided
from evals.attacks.observed import FRONT_DESK
from evals.attacks.policy import read_policy
from evals.attacks.register import Register
from signalbox.app import Signalbox, open_signalbox
from signalbox.domain.autonomy import AutonomyChange, Switch
from signalbox.settings import LlmSettings, Settings

RULES = Path(__file__).with_name("desks")
DESKS = ("queues", "refunds", "paused", "spent", "poor")
CANDIDATES = 10


@dataclass(slots=True)
class Desk:
    """An engine, the way in for outsiders, and the trusted context around it."""

    name: str
    engine: Signalbox
    client: httpx2.AsyncClient
    register: Register
    rules: Path
    place: int = 0
    began: tuple[str, ...] = field(default=())

    def standing(self) -> tuple[str, ...]:
        """What only operators change: rules in force, their file, how far the engine may go."""
        return (
            self.engine.rules.held.active.digest,
            hashlib.sha256(self.rules.read_bytes()).hexdigest(),
            self.engine.settings.autonomy.model_dump_json(),
            self.engine.ledger.autonomy().model_dump_json(),
        )


def rules_of(name: str) -> Path:
    """The rule file of a desk."""
    return RULES / ("queues.yaml" if name in ("queues", "poor") else "refunds.yaml")


@asynccontextmanager
async def open_desk(name: str, folder: Path, llm: Mapping[str, Any]) -> AsyncIterator[Desk]:
    """Open one desk in ``folder``; ``llm`` are the settings of the host."""
    rules = folder / f"{name}.yaml"
    rules.write_bytes(rules_of(name).read_bytes())
    limit = read_policy().desks[name]["model_usd_per_day"]
    fixed = {"candidates": CANDIDATES, "budget_usd_per_day": limit}
    queues = name in ("queues", "poor")
    settings = Settings(
        db=f"sqlite:///{folder / f'{name}.db'}",
        rules=rules,
        llm=LlmSettings(**(dict(llm) | fixed)),
        fallback_team=FRONT_DESK if queues else "",
        named_outcomes=True,
    )
    register = Register()
    predictor = Undecided((*QUEUES, *RESERVED) if queues else REFUND_OPTIONS)
    kind = None if queues else Refunds(register, lambda: predictor)
    async with open_signalbox(settings, predictor, kind=kind) as engine:
        if name == "paused":
            await engine.autonomy.order(AutonomyChange(switch=Switch.PAUSED, actor="operator"))
        app = create_app(settings)
        app.state.engine = engine
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            desk = Desk(name, engine, client, register, rules)
            desk.began = desk.standing()
            yield desk
