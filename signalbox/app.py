"""The composition root: the only file that names concrete parts together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from graphs.autonomy import Autonomy
from graphs.dispatcher import Dispatcher
from graphs.feedback import Feedback
from graphs.kind import DecisionKind, Parts
from graphs.lanes import Lanes
from graphs.owed import Owed
from graphs.recorder import LedgerRecorder
from graphs.routing import Routing
from graphs.saver import LazySaver
from graphs.spine import build_spine
from graphs.terms import Terms
from signalbox import __version__
from signalbox.assigning import open_placing
from signalbox.checkpoints import open_pauses, open_saver
from signalbox.delivery.deliverer import Deliverer
from signalbox.delivery.feed import Feed
from signalbox.delivery.sender import HttpSender
from signalbox.domain.base import utc_now
from signalbox.domain.enums import Kind
from signalbox.domain.errors import SignalboxError
from signalbox.domain.ports import Ledger, Predictor
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.engine import LEFT_OVER_S, Signalbox
from signalbox.gate import Gate
from signalbox.keeper import RuleKeeper
from signalbox.logs import redact_logs
from signalbox.own_rules import OwnRules
from signalbox.parts import (
    check_sensitive,
    read_address_rules,
    read_autonomy,
    read_chain,
    read_consultant,
    read_ledger,
    read_predictor,
)
from signalbox.releases import check_paused
from signalbox.rounds import Rounds
from signalbox.settings import Settings
from signalbox.suggest import nearest
from signalbox.tracing import ignore_tracing
from signalbox.tree import check_tree

if TYPE_CHECKING:
    from signalbox.runtime.host import Host

__all__ = ["Signalbox", "open_signalbox"]

log = logging.getLogger("signalbox")

EXPIRY_CHECK_S = 30.0
SWITCH_CHECK_S = 1.0
OUTCOME_CHECK_S = 5.0
SEAL_EVERY_S = 1.0
LET_GO_EVERY_S = 3600.0
DELIVER_EVERY_S = 1.0
# What happens in this process is seen to at once; this is for others, and for time passing.
PLACE_EVERY_S = 5.0
STUCK_CHECK_S = 60.0
REPLAYED_OUTCOMES = 5_000


@contextlib.asynccontextmanager
async def open_signalbox(
    settings: Settings,
    predictor: Predictor | None = None,
    *,
    kind: DecisionKind | None = None,
    role: str | None = None,
) -> AsyncIterator[Signalbox]:
    """Open every part, finish what an earlier stop left, and close in order on leaving.

    ``predictor`` takes the place of the model folder named in the settings, ``kind`` that of
    routing; the rules are then to be for that kind. With a ``role`` (``serve``, ``worker``) this
    process is one of those at work on the ledger, of which there may be many, and what it owes when
    it dies is done by another; one engine a process may have one. Without, it works by itself.
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
        assigning = await asyncio.to_thread(
            RuleKeeper,
            OwnRules(settings, Kind.ASSIGNMENT),
            settings,
            ledger.rule_versions,
            lanes.writes,
            utc_now,
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
            check_sensitive(settings, teams)
        async with open_saver(settings.db) as saver:
            engine = _wire(settings, ledger, keeper, assigning, predictor, saver, lanes, kind)
            fed = [predictor] if predictor is not None and replays else []
            await asyncio.to_thread(check_paused, ledger, engine.dispatcher.steps)
            await engine.autonomy.refresh()
            await engine.feedback.begin(REPLAYED_OUTCOMES, fed, [engine.consultant])
            if role is not None and ":memory:" not in settings.db:
                engine.host = await _open_host(settings, ledger, engine, role)
            else:
                await engine.finish_left_over()
            rounds = Rounds()
            rounds.every(SWITCH_CHECK_S, engine.heed_switch, "look at the switch")
            rounds.every(EXPIRY_CHECK_S, engine.dispatcher.expire, "look for expired approvals")
            rounds.every(OUTCOME_CHECK_S, engine.feedback.catch_up, "look for new outcomes")
            rounds.every(settings.rules_check_s, keeper.look, "look for new rules")
            rounds.every(settings.rules_check_s, assigning.look, "look for new assignment rules")
            rounds.every(PLACE_EVERY_S, engine.placing.look, "give out tasks")
            rounds.every(SEAL_EVERY_S, engine.seal, "chain the audit log")
            rounds.every(LET_GO_EVERY_S, engine.let_go, "let go of what is old")
            if settings.webhooks.deliver:
                rounds.every(DELIVER_EVERY_S, engine.deliverer.run_once, "deliver to webhooks")
            rounds.every(STUCK_CHECK_S, engine.finish_stuck, "look for what is stuck")
            if engine.host is not None:
                rounds.once(LEFT_OVER_S, engine.finish_left_over, "finish what a stop had left")
            try:
                yield engine
            finally:
                await rounds.stop()
                engine.feed.close()
                await engine.deliverer.aclose()
                if engine.host is not None:
                    await engine.host.stop()
                await engine.dispatcher.drain(10.0)
                with contextlib.suppress(SignalboxError):
                    await engine.seal()
                await keeper.close()
                await assigning.close()
                await engine.consultant.aclose()
                engine.pauses.close()
    finally:
        lanes.close()
        ledger.close()


async def _open_host(settings: Settings, ledger: Ledger, engine: Signalbox, role: str) -> Host:
    from signalbox.runtime.host import Host

    owed = Owed(engine.dispatcher, ledger, engine.reads)
    host = Host(settings.db, role, ledger.executors, owed.handlers(), utc_now)
    await host.start()
    ledger.enqueue = host.durable.enqueue
    return host


def _teams(predictor: Predictor, fallback: str) -> list[str]:
    return [*predictor.options, *([fallback] if fallback else [])]


def _wire(
    settings: Settings,
    ledger: Ledger,
    keeper: RuleKeeper,
    assigning: RuleKeeper,
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
        recorder=LedgerRecorder(ledger, writes, settings.limits, keeper),
        candidates=settings.llm.candidates,
        level=partial(autonomy.level, kind.kind),
        barred=partial(autonomy.barred, kind.kind),
        clock=utc_now,
        engine_version=__version__,
        terms=Terms(
            life=timedelta(hours=settings.approval_hours),
            fresh=timedelta(hours=settings.approval_fresh_hours),
            approvers_top=settings.approvers_top,
            chain=read_chain(settings),
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
        pauses=open_pauses(settings.db),
        gate=Gate(ledger.api_keys, ledger.sessions, reads, writes, utc_now),
        dispatcher=dispatcher,
        feedback=feedback,
        placing=open_placing(settings, ledger, assigning, lanes, autonomy, utc_now),
        deliverer=Deliverer(
            ledger.deliveries,
            HttpSender(read_address_rules(settings), settings.webhooks.source),
            reads,
            writes,
            utc_now,
        ),
        feed=Feed(ledger, reads, settings.max_streams),
        predictor=predictor,
        consultant=consultant,
        reads=reads,
        writes=writes,
        model_problem="" if predictor else "none: learn one, then serve with --model DIR",
    )
