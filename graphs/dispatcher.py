"""Sends tasks along the spine and brings answers, outcomes and late proposals back to them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from graphs.answer import Answer
from graphs.approving import Approving, attempt
from graphs.feedback import Feedback
from graphs.journeys import Journeys
from graphs.kind import DecisionKind, Recorder
from graphs.lanes import Lane
from graphs.saver import LazySaver
from graphs.spine import Spine
from graphs.terms import Terms
from graphs.turns import Turns
from graphs.upgrading import upgrade
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.consultation import Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.errors import SignalboxError, Unavailable
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.ports import Ledger
from signalbox.domain.prediction import Proposal
from signalbox.domain.task import Task

__all__ = ["Answer", "Dispatcher"]

log = logging.getLogger("signalbox.dispatcher")

T = TypeVar("T")

# Of a deadline, what is kept back for deciding once a language model is no longer waited for.
SPARE = 0.25
MOST_SPARE_S = 0.2
# How long past its deadline a submitter is kept, to be told whether its task is safe.
OVERTIME_S = 1.0


class Dispatcher:
    """One spine at work. All methods are safe to repeat; the ledger arbitrates."""

    def __init__(
        self,
        *,
        spine: Spine,
        kind: DecisionKind,
        saver: LazySaver,
        ledger: Ledger,
        writes: Lane,
        reads: Lane,
        accepts: Lane,
        feedback: Feedback,
        clock: Callable[[], datetime],
        terms: Terms,
        recorder: Recorder,
        fallback: str | None,
    ) -> None:
        self.pauses = saver
        self._journeys = Journeys(spine, saver)
        self._approving = Approving(
            journeys=self._journeys,
            kind=kind,
            ledger=ledger,
            writes=writes,
            reads=reads,
            clock=clock,
            terms=terms,
            recorder=recorder,
            fallback=fallback,
            keep=self._keep,
        )
        self._ledger, self._writes, self._reads = ledger, writes, reads
        # Of its own, so that what a submitter still waits for does not queue behind commits.
        self._accepts = accepts
        self._feedback, self._fallback, self._clock = feedback, fallback, clock
        self._background: set[asyncio.Task[Any]] = set()
        self._aside = asyncio.Semaphore(1)
        self._turns = Turns()

    async def submit(self, task: Task, deadline_s: float) -> Answer:
        """Decide ``task``, or accept it durably and go on deciding after ``deadline_s``.

        A language model is waited for while the deadline allows it; an answer that comes later
        may supersede the decision.

        Raises:
            Conflict: another task is stored under the same id.
        """
        began = time.perf_counter()
        spare = min(MOST_SPARE_S, deadline_s * SPARE)
        decide_by = asyncio.get_running_loop().time() + deadline_s - spare
        run = self._keep(self.decide(task, decide_by=decide_by))
        done, _ = await asyncio.wait({run}, timeout=deadline_s - spare / 2)
        if not done:
            # Stored while there is time left: at the deadline nothing has to be waited for.
            stored = self._keep(self._accepts.run(self._ledger.accept, task))
            left = began + deadline_s - time.perf_counter()
            done, _ = await asyncio.wait({run}, timeout=max(0.0, left))
        if not done:
            await asyncio.wait({stored}, timeout=OVERTIME_S)
            if not stored.done():
                raise Unavailable(
                    "the database did not take the task in time",
                    hint="send it again under the same id: if it was taken, it is decided once",
                )
            stored.result()
            answer = Answer(task, provisional=self._fallback)
        else:
            answer = run.result()
        took = (time.perf_counter() - began) * 1000
        return Answer(
            answer.task, answer.decision, answer.approval, answer.provisional, round(took, 3)
        )

    async def decide(self, task: Task, *, decide_by: float | None = None) -> Answer:
        """Run the spine to its end or to its pause. A task decided before keeps its decision.

        ``decide_by``, on the event loop's clock, is how long a language model is waited for. Of
        the same task sent many times at once only the first is worked on, and asked about.
        """
        async with self._turns.of((task.tenant, task.id)):
            return await self._decide(task, decide_by)

    async def _decide(self, task: Task, decide_by: float | None) -> Answer:
        known = await self._known(task)
        if known is not None:
            return known
        waits = {} if decide_by is None else {"decide_by": decide_by}
        thread, state = await self.travel(task, 1, **waits)
        awaited: asyncio.Task[Consulted] | None = state.get("awaited")
        try:
            answer = await self._arrived(task, thread, state)
        except BaseException:
            if awaited is not None:
                awaited.cancel()
            raise
        if awaited is not None:
            self._keep(upgrade(self, task, awaited))
        return answer

    @property
    def steps(self) -> frozenset[str]:
        """The names of the steps of the graph: what is paused at any other cannot be resumed."""
        return self._journeys.steps

    async def travel(self, task: Task, epoch: int, **more: Any) -> tuple[str, Any]:
        """One run of the spine: (its thread, the state at its end or at its pause)."""
        return await self._journeys.begin(task, epoch, **more)

    async def park(self, task: Task, thread: str, state: Any) -> Answer:
        """As ``Approving.park``."""
        return await self._approving.park(task, thread, state)

    async def answer(self, tenant: str, id: str, given: ApprovalAnswer) -> Decision | Approval:
        """As ``Approving.answer``."""
        return await self._approving.answer(tenant, id, given)

    async def carry_out(self, tenant: str, id: str) -> Decision | None:
        """As ``Approving.carry_out``."""
        return await self._approving.carry_out(tenant, id)

    async def carry_out_all(self) -> int:
        """As ``Approving.recover``."""
        return await self._approving.recover()

    async def expire(self) -> int:
        """As ``Approving.expire``."""
        return await self._approving.expire()

    async def sweep(self, subject: str | None = None) -> None:
        """As ``Approving.sweep``."""
        await self._approving.sweep(subject)

    async def _arrived(self, task: Task, thread: str, state: Any) -> Answer:
        if "__interrupt__" not in state:
            return Answer(task, decision=state["decision"])
        return await self.park(task, thread, state)

    async def _known(self, task: Task) -> Answer | None:
        """What a task posted before was answered, so that a repeat never outruns a person."""
        found = await self._reads.run(self._ledger.find_task, task.tenant, task.id)
        if found is None:
            return None
        await self._writes.run(self._ledger.accept, task)
        decision, approval = await self.standing(task)
        if decision is None and approval is None:
            return None
        provisional = None if decision else self._fallback
        return Answer(task, decision=decision, approval=approval, provisional=provisional)

    async def standing(self, task: Task) -> tuple[Decision | None, Approval | None]:
        """The decision in force about a task, and the approval that waits, if any."""
        decision = await self._reads.run(self._ledger.latest_decision, task.tenant, task.id)
        approval = await self._reads.run(self._ledger.unsettled_approval, task.tenant, task.id)
        if approval is None or not self._approving.overdue(approval):
            return decision, approval
        await self.sweep(task.id)
        decision = await self._reads.run(self._ledger.latest_decision, task.tenant, task.id)
        return decision, await self._reads.run(
            self._ledger.unsettled_approval, task.tenant, task.id
        )

    async def advise(self, approval: Approval, advice: Proposal) -> bool:
        """Put advice beside an approval that still waits; whether one did."""
        async with self._aside:
            return await self._writes.run(self._ledger.advise, approval, advice)

    async def forget(self, thread: str) -> None:
        """Drop the pause of a run that is not to be resumed."""
        await self._journeys.forget(thread)

    async def keep_advice(self, task: Task, advice: Proposal) -> None:
        """Keep what met a certificate, for the outcome that is still to come."""
        async with self._aside:
            await self._writes.run(self._ledger.keep_advice, task.tenant, task.id, advice)

    async def note(self, event: Event) -> None:
        """Append an event. One at a time: a crowd of them must not queue before decisions."""
        async with self._aside:
            await self._writes.run(self._ledger.note, event)

    async def outcome(self, outcome: Outcome) -> Outcome:
        """Store what turned out right and feed it back to the predictor."""
        stored, new = await self._writes.run(self._ledger.record_outcome, outcome)
        if new:
            try:
                await self._feedback.catch_up()
            except SignalboxError as error:
                # It is stored, which is what was asked for; the next round feeds it.
                log.warning("an outcome is stored but not fed back yet: %s", error)
        return stored

    async def recover(self, older_than: timedelta = timedelta()) -> int:
        """At start-up: finish what a stop left unfinished. Number of tasks moved.

        A task accepted less than ``older_than`` ago may be under way in another process.
        """
        moved = await self._approving.recover()
        now = self._clock()
        for task in await self._reads.run(self._ledger.undecided):
            # Received in the future: the clock was set back, and its age cannot be told.
            if task.received_at <= now - older_than or task.received_at > now:
                moved += await attempt(self.decide(task), task.id)
        return moved

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        run = asyncio.get_running_loop().create_task(work)
        self._background.add(run)
        run.add_done_callback(self._ended)
        return run

    def _ended(self, run: asyncio.Task[Any]) -> None:
        self._background.discard(run)
        if not run.cancelled() and (error := run.exception()) is not None:
            # The submitter may have left at its deadline; somebody must hear of it.
            log.debug("a decision failed: %s", error)

    async def drain(self, seconds: float) -> None:
        """Wait for decisions under way, at most ``seconds``; the rest is decided at start-up.

        A language model's answer that is still awaited then is given up: its task has its
        decision, or waits for a person.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        # What is under way may start more: a decision, the wait for an answer that came late.
        while self._background:
            left = ends - loop.time()
            if left > 0:
                await asyncio.wait(set(self._background), timeout=left)
                continue
            rest = set(self._background)
            for run in rest:
                run.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            self._background -= rest
