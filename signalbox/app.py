"""The composition root: the only file that names concrete parts together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from graphs.answer import Answer
from graphs.autonomy import Autonomy
from graphs.dispatcher import Dispatcher
from graphs.feedback import Feedback
from graphs.kind import DecisionKind, Parts
from graphs.lanes import Lane, Lanes
from graphs.recorder import LedgerRecorder
from graphs.routing import Routing
from graphs.saver import LazySaver
from graphs.spine import build_spine
from graphs.terms import Terms
from rules import Shelf, engine_available
from signalbox import __version__
from signalbox.checkpoints import open_saver
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel, Kind, TaskState
from signalbox.domain.errors import BadInput, NotFound, Unavailable
from signalbox.domain.ports import Consultant, Idempotent, Ledger, Predictor
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.keeper import RuleKeeper
from signalbox.logs import redact_logs
from signalbox.own_rules import OwnRules
from signalbox.parts import (
    read_autonomy,
    read_consultant,
    read_ledger,
    read_predictor,
    unknown_sensitive,
)
from signalbox.settings import Settings
from signalbox.suggest import nearest
from signalbox.tracing import ignore_tracing
from signalbox.tree import check_tree

log = logging.getLogger("signalbox")

PYTHON_ONLY = (
    "rules are evaluated once, by Python, and no second evaluator checks the answer ({why}); "
    "for both have a C++ compiler and run `make clean demo PYTHON=python3.12`"
)
EXPIRY_CHECK_S = 30.0
SWITCH_CHECK_S = 1.0
OUTCOME_CHECK_S = 5.0
REPLAYED_OUTCOMES = 5_000


@dataclass(slots=True)
class Signalbox:
    """One engine, wired. Made by :func:`open_signalbox`, closed by leaving it."""

    settings: Settings
    ledger: Ledger
    rules: Shelf
    keeper: RuleKeeper
    kind: DecisionKind
    parts: Parts
    autonomy: Autonomy
    dispatcher: Dispatcher
    feedback: Feedback
    predictor: Predictor | None
    consultant: Consultant
    reads: Lane
    writes: Lane
    model_problem: str = ""

    async def look_up(self, tenant: str, task_id: str) -> Answer:
        """Task, state, and its decision or waiting approval. NotFound for an unknown id."""
        found = await self.reads.run(self.ledger.find_task, tenant, task_id)
        if found is None:
            raise NotFound(f"no task '{task_id}'", hint="POST /v1/tasks first")
        task, state = found
        decision, approval = await self.dispatcher.standing(task)
        if approval is None and state is TaskState.WAITING:
            # Settled since the first look: its time was up, or somebody answered.
            found = await self.reads.run(self.ledger.find_task, tenant, task_id)
            state = found[1] if found else state
        provisional = self.settings.fallback_team or None
        return Answer(task, decision, approval, None if decision else provisional, state=state)

    async def check_team(self, team: str, new: bool, decision: Decision) -> None:
        """BadInput for a team nobody knows, unless it is declared to be new.

        Known are the teams of the model in force, those the decision was made among, whatever
        model was in force then, and the one recorded already.
        """
        known = self.kind.options()
        once = {decision.option, decision.proposed, *decision.trace.offered}
        if not new and known and team not in known and team not in once:
            stored = await self.reads.run(
                self.ledger.find_outcome, decision.tenant, decision.subject
            )
            if stored is not None and stored.option == team:
                return
            near = nearest(team, known)
            raise BadInput(
                f"'{team}' is not a team this engine knows",
                hint=(f"did you mean '{near}'? " if near else "")
                + 'send "new_team": true if it is a new one',
            )

    def check_reporter(self, task: Task, reporter: str | None) -> None:
        """BadInput for an outcome without a reporter, where the settings ask for one.

        That it is not who asked, the ledger sees to; without a name it could not.
        """
        if self.settings.named_outcomes and task.requester and reporter is None:
            raise BadInput(
                f"reporter: missing, and '{task.requester}' asked for task '{task.id}'",
                hint="say who did the work; the engine learns from nobody's word",
            )

    async def heed_switch(self) -> None:
        """Look at what operators set; after a resume, do what people answered in the meantime."""
        if await self.autonomy.refresh():
            await self.dispatcher.expire()

    async def claim_key(self, tenant: str, key: str, digest: str) -> Idempotent | None:
        """Take an idempotency key, or get what it was answered."""
        return await self.writes.run(self.ledger.claim_key, tenant, key, digest, utc_now())

    async def settle_key(self, tenant: str, key: str, status: int, body: str) -> None:
        """Remember the answer to a key."""
        await self.writes.run(self.ledger.settle_key, tenant, key, status, body)

    async def release_key(self, tenant: str, key: str) -> None:
        """Give an unanswered key back."""
        await self.writes.run(self.ledger.release_key, tenant, key)

    async def readiness(self) -> dict[str, Any]:
        """What is in place and what is missing, in words."""
        database = "ready"
        try:
            await self.reads.run(self.ledger.ping)
        except Unavailable as error:
            database = str(error)
        both, why = engine_available()
        predictor = self.predictor
        return {
            "ready": database == "ready",
            "version": __version__,
            "database": database,
            "model": predictor.version if predictor else self.model_problem,
            "teams": len(self.kind.options()),
            "autonomy": {
                "routing": self.settings.autonomy.routing.value,
                **self.autonomy.report(self.kind.kind),
                "model": predictor.level.value if predictor else AutonomyLevel.SUGGEST.value,
                "online": bool(predictor) and self.settings.online,
            },
            "rules": {
                **self.keeper.report(),
                "evaluators": "both" if both else "python-only",
                "note": "" if both else PYTHON_ONLY.format(why=why),
            },
            "consult": self.consultant.status,
            "language_model": await self._language_model(),
        }

    async def _language_model(self) -> dict[str, Any]:
        """What was asked of the language model, what it may do, and what it has cost today."""
        try:
            return await self.reads.run(self.consultant.report)
        except Unavailable as error:
            return {"status": self.consultant.status, "problem": str(error)}


@contextlib.asynccontextmanager
async def open_signalbox(
    settings: Settings, predictor: Predictor | None = None, *, kind: DecisionKind | None = None
) -> AsyncIterator[Signalbox]:
    """Open every part, finish what an earlier stop left, and close in order on leaving.

    ``predictor`` takes the place of the model folder named in the settings, ``kind`` that of
    routing; the rules are then to be for that kind.
    """
    check_tree()
    redact_logs([settings.llm.api_key.get_secret_value()])
    ignore_tracing()
    own = OwnRules(settings, kind.kind if kind else Kind.ROUTING)
    ledger: Ledger = await asyncio.to_thread(read_ledger, settings)
    lanes = Lanes(one_writer=settings.db.startswith("sqlite"))
    # A predictor that was handed in has its own past.
    replays = predictor is None and settings.online
    try:
        keeper = await asyncio.to_thread(
            RuleKeeper, own, settings, ledger.rule_versions, lanes.writes, utc_now
        )
        if predictor is None:
            predictor = await asyncio.to_thread(read_predictor, settings)
        fallback = settings.fallback_team
        if fallback and predictor is not None and fallback not in predictor.options:
            near = nearest(fallback, predictor.options)
            log.warning(
                "the fallback team '%s' is none of the model's %d teams%s",
                fallback,
                len(predictor.options),
                f"; did you mean '{near}'?" if near else "",
            )
        if predictor is not None:
            teams = _teams(predictor, fallback)
            keeper.teams = lambda: teams
            keeper.warn()
            for team in unknown_sensitive(settings, teams):
                log.warning("the sensitive team '%s' is none of the teams there are", team)
        async with open_saver(settings.db) as saver:
            engine = _wire(settings, ledger, keeper, predictor, saver, lanes, kind)
            fed = [predictor] if predictor is not None and replays else []
            await engine.autonomy.refresh()
            await engine.feedback.begin(REPLAYED_OUTCOMES, fed, [engine.consultant])
            recovered = await engine.dispatcher.recover()
            if recovered:
                log.info("finished %d tasks an earlier stop had left", recovered)
            rounds = [
                asyncio.create_task(
                    _round(SWITCH_CHECK_S, engine.heed_switch, "look at the switch")
                ),
                asyncio.create_task(
                    _round(EXPIRY_CHECK_S, engine.dispatcher.expire, "look for expired approvals")
                ),
                asyncio.create_task(
                    _round(OUTCOME_CHECK_S, engine.feedback.catch_up, "look for new outcomes")
                ),
                asyncio.create_task(
                    _round(settings.rules_check_s, keeper.look, "look for new rules")
                ),
            ]
            try:
                yield engine
            finally:
                for one in rounds:
                    one.cancel()
                await asyncio.gather(*rounds, return_exceptions=True)
                await engine.dispatcher.drain(10.0)
                await keeper.close()
                await engine.consultant.aclose()
    finally:
        lanes.close()
        ledger.close()


def _teams(predictor: Predictor, fallback: str) -> list[str]:
    return [*predictor.options, *([fallback] if fallback else [])]


def _wire(
    settings: Settings,
    ledger: Ledger,
    keeper: RuleKeeper,
    predictor: Predictor | None,
    saver: LazySaver,
    lanes: Lanes,
    other: DecisionKind | None,
) -> Signalbox:
    fallback = settings.fallback_team or None
    reads, writes = lanes.reads, lanes.writes

    def current() -> Predictor | None:
        return predictor

    autonomy = Autonomy(read_autonomy(settings), ledger, reads, writes, utc_now)
    consultant = read_consultant(settings, ledger)
    kind = other or Routing(
        current, extra=(fallback,) if fallback else (), sensitive=settings.sensitive_options
    )
    parts = Parts(
        kind=kind,
        rules=keeper.shelf,
        consultant=consultant,
        recorder=LedgerRecorder(ledger, writes, settings.limits),
        candidates=settings.llm.candidates,
        level=partial(autonomy.level, kind.kind),
        barred=partial(autonomy.barred, kind.kind),
        clock=utc_now,
        engine_version=__version__,
        terms=Terms(
            life=timedelta(hours=settings.approval_hours),
            fresh=timedelta(hours=settings.approval_fresh_hours),
            approvers_top=settings.approvers_top,
        ),
    )

    async def predict(task: Task, offered: tuple[str, ...]) -> Prediction | None:
        return await lanes.model.run(kind.predict, task, offered)

    feedback = Feedback(
        ledger, reads, lambda: [parts.consultant, *([predictor] if predictor else [])]
    )
    dispatcher = Dispatcher(
        spine=build_spine(parts, predict, saver),
        kind=kind,
        saver=saver,
        ledger=ledger,
        writes=writes,
        reads=reads,
        accepts=lanes.accepts,
        feedback=feedback,
        clock=utc_now,
        terms=parts.terms,
        recorder=parts.recorder,
        fallback=fallback,
    )
    return Signalbox(
        settings=settings,
        ledger=ledger,
        rules=keeper.shelf,
        keeper=keeper,
        kind=kind,
        parts=parts,
        autonomy=autonomy,
        dispatcher=dispatcher,
        feedback=feedback,
        predictor=predictor,
        consultant=consultant,
        reads=reads,
        writes=writes,
        model_problem="" if predictor else "none: learn one, then serve with --model DIR",
    )


async def _round(seconds: float, work: Callable[[], Awaitable[object]], what: str) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            # The next round tries again; a database that is away must not end the watch.
            log.exception("could not %s", what)
