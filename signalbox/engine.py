"""One engine, wired: its parts, and what is asked of it that takes more than one of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphs.answer import Answer
from graphs.autonomy import Autonomy
from graphs.dispatcher import Dispatcher
from graphs.feedback import Feedback
from graphs.kind import DecisionKind, Parts
from graphs.lanes import Lane
from graphs.placing import Placing
from rules import Shelf, engine_available
from signalbox import __version__
from signalbox.delivery.deliverer import Deliverer
from signalbox.delivery.feed import Feed
from signalbox.domain.autonomy import Switch
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel, TaskState
from signalbox.domain.erasure import Erasure, ErasureOrder, Pauses
from signalbox.domain.errors import BadInput, NotFound, SignalboxError, Unavailable
from signalbox.domain.outcome import Outcome
from signalbox.domain.ports import Consultant, Idempotent, Ledger, Predictor
from signalbox.domain.task import Task
from signalbox.gate import Gate
from signalbox.keeper import RuleKeeper
from signalbox.retention import Retention, erase
from signalbox.settings import Settings
from signalbox.suggest import nearest

if TYPE_CHECKING:
    from signalbox.runtime.host import Host

log = logging.getLogger("signalbox")

PYTHON_ONLY = (
    "rules are evaluated once, by Python, and no second evaluator checks the answer ({why}); "
    "for both have a C++ compiler and run `make clean demo PYTHON=python3.12`"
)
LEFT_OVER_S = 10.0
CLAIM_AGAIN_S = 0.1
# Longer than any deadline that a request may set: nobody is at work on it any more.
STUCK_S = 90.0
SEALED_AT_ONCE = 200
BETWEEN_STEPS_S = 0.05


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
    pauses: Pauses
    gate: Gate
    dispatcher: Dispatcher
    feedback: Feedback
    placing: Placing
    deliverer: Deliverer
    feed: Feed
    predictor: Predictor | None
    consultant: Consultant
    reads: Lane
    writes: Lane
    model_problem: str = ""
    host: Host | None = None

    async def finish_left_over(self) -> None:
        """Finish what an earlier stop had left and no job is there for."""
        under_way = timedelta(seconds=LEFT_OVER_S if self.host else 0)
        if moved := await self.dispatcher.recover(under_way):
            log.info("finished %d tasks an earlier stop had left", moved)

    async def finish_stuck(self) -> None:
        """Finish what nobody came back to, though no process has died: a queue whose commit was
        answered into a connection that was cut takes a job for begun that nobody has begun."""
        if self.autonomy.stored.switch is Switch.HALTED:
            return  # What was answered is carried out when that is lifted.
        if moved := await self.dispatcher.recover(timedelta(seconds=STUCK_S)):
            log.info("finished %d tasks that were stuck", moved)

    async def submit(self, task: Task, deadline_s: float) -> Answer:
        """Decide a task as ``Dispatcher.submit``, and give it to somebody of its team where the
        time that is left allows it."""
        began = time.perf_counter()
        answer = await self.dispatcher.submit(task, deadline_s)
        decision = answer.decision
        if decision is None or decision.option is None:
            return answer
        if not self.placing.boards.staffed(task.tenant, decision.option):
            return answer
        left = deadline_s - (time.perf_counter() - began)
        found = await self.placing.placed(task.tenant, task.id, left)
        took = round((time.perf_counter() - began) * 1000, 3)
        return replace(answer, assignment=found, elapsed_ms=took)

    async def outcome(self, outcome: Outcome) -> Outcome:
        """Store what turned out right, learn from it, and give whoever is free now the next task.

        Raises as ``Dispatcher.outcome``.
        """
        stored = await self.dispatcher.outcome(outcome)
        try:
            await self.placing.closed(outcome.tenant, outcome.subject)
        except SignalboxError as error:
            # It is stored, which is what was asked for; the next round frees them.
            log.warning("nobody is told yet that a task is closed: %s", error)
        return stored

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
        assignment = await self.reads.run(self.ledger.assignments.find, tenant, task_id)
        return Answer(
            task,
            decision,
            approval,
            None if decision else provisional,
            state=state,
            assignment=self.placing.explained(assignment),
        )

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
            raise _unknown_team(team, known)

    def check_new_team(self, tenant: str, team: str, new: bool) -> None:
        """BadInput for a team the model in force does not know, unless it is declared to be new, or
        somebody is registered for it already."""
        known = self.kind.options()
        if new or not known or team in known or self.placing.boards.staffed(tenant, team):
            return
        raise _unknown_team(team, known)

    def check_reporter(self, task: Task, reporter: str | None) -> None:
        """BadInput for an outcome without a reporter, where the settings ask for one.

        That it is not who asked, the ledger sees to; without a name it could not.
        """
        if self.settings.named_outcomes and task.requester and reporter is None:
            raise BadInput(
                f"reporter: missing, and '{task.requester}' asked for task '{task.id}'",
                hint="say who did the work; the engine learns from nobody's word",
            )

    async def seal(self) -> None:
        """Chain what happened since, page by page."""
        while await self.reads.run(self.ledger.audit.seal, SEALED_AT_ONCE) == SEALED_AT_ONCE:
            pass

    async def erase(self, order: ErasureOrder) -> Erasure:
        """Erase the texts about one task. Raises as ``Erasures.erase``."""
        done = await self.writes.run(erase, self.ledger, self.pauses, order, utc_now())
        await self.reads.run(self._flush)
        return done

    async def let_go(self) -> None:
        """Let go of what the settings say is too old; between two steps others have their turn."""
        steps = Retention(self.settings.retention, self.ledger, self.pauses).steps(utc_now())
        gone: Counter[str] = Counter()
        while (step := await self.reads.run(next, steps, None)) is not None:
            gone += step
            await asyncio.sleep(BETWEEN_STEPS_S)
        if gone["texts"] or gone["pauses"]:
            await self.reads.run(self._flush)
        if gone:
            log.info("let go of what was too old: %s", dict(gone))

    def _flush(self) -> None:
        # Where others read on, the next one that finds nobody does it.
        self.ledger.erasures.flush()
        self.pauses.flush()

    async def heed_switch(self) -> None:
        """Look at what operators set; after a resume, do what people answered in the meantime."""
        if await self.autonomy.refresh():
            self.placing.again()
            await self.dispatcher.carry_out_all()

    async def claim_key(self, tenant: str, key: str, digest: str) -> Idempotent | None:
        """Take an idempotency key, or get what it was answered.

        Tried twice: a claim whose answer was lost on the way would keep its own sender waiting.
        """
        now = utc_now()
        try:
            return await self.writes.run(self.ledger.claim_key, tenant, key, digest, now)
        except Unavailable:
            await asyncio.sleep(CLAIM_AGAIN_S)
            return await self.writes.run(self.ledger.claim_key, tenant, key, digest, now, True)

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
            self.dispatcher.pauses.check()
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
            "audit": self.ledger.audit.problem,
            "runtime": self.host.report() if self.host else {"durable": False},
            "consult": self.consultant.status,
            "language_model": await self._language_model(),
        }

    async def _language_model(self) -> dict[str, Any]:
        """What was asked of the language model, what it may do, and what it has cost today."""
        try:
            return await self.reads.run(self.consultant.report)
        except Unavailable as error:
            return {"status": self.consultant.status, "problem": str(error)}


def _unknown_team(team: str, known: Sequence[str]) -> BadInput:
    near = nearest(team, known)
    return BadInput(
        f"'{team}' is not a team this engine knows",
        hint=(f"did you mean '{near}'? " if near else "")
        + 'send "new_team": true if it is a new one',
    )
