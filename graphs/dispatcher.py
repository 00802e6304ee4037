"""Sends tasks along the spine, parks what must wait, and brings answers and outcomes back."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command
from langsmith.run_helpers import tracing_context

from graphs import hitl
from graphs.feedback import Feedback
from graphs.kind import DecisionKind
from graphs.lanes import Lane
from graphs.saver import LazySaver
from graphs.spine import Spine
from graphs.upgrading import upgrade
from signalbox.domain.approval import Approval, ApprovalAnswer, approval_id
from signalbox.domain.consultation import Consulted
from signalbox.domain.decision import Decision, action_digest
from signalbox.domain.enums import ApprovalState, ApprovalVerb, TaskState
from signalbox.domain.errors import BadInput, Conflict, NotFound, SignalboxError
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.ports import Ledger
from signalbox.domain.prediction import Proposal
from signalbox.domain.task import Task

log = logging.getLogger("signalbox.dispatcher")

T = TypeVar("T")

# Of a deadline, what is kept back for deciding once a language model is no longer waited for.
SPARE = 0.25
MOST_SPARE_S = 0.2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a submitter gets: a decision, an approval that waits, or neither within the deadline."""

    task: Task
    decision: Decision | None = None
    approval: Approval | None = None
    provisional: str | None = None
    elapsed_ms: float = 0.0
    state: TaskState | None = None


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
        feedback: Feedback,
        clock: Callable[[], datetime],
        approval_life: timedelta,
        fallback: str | None,
    ) -> None:
        self._spine, self._kind, self._saver = spine, kind, saver
        self._ledger, self._writes, self._reads = ledger, writes, reads
        self._feedback, self._clock = feedback, clock
        self._life, self._fallback = approval_life, fallback
        self._background: set[asyncio.Task[Any]] = set()
        self._aside = asyncio.Semaphore(1)

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
            stored = self._keep(self._writes.run(self._ledger.accept, task))
            left = began + deadline_s - time.perf_counter()
            done, _ = await asyncio.wait({run}, timeout=max(0.0, left))
        if not done:
            await stored
            answer = Answer(task, provisional=self._fallback)
        else:
            answer = run.result()
        took = (time.perf_counter() - began) * 1000
        return Answer(
            answer.task, answer.decision, answer.approval, answer.provisional, round(took, 3)
        )

    async def decide(self, task: Task, *, decide_by: float | None = None) -> Answer:
        """Run the spine to its end or to its pause. A task decided before keeps its decision.

        ``decide_by``, on the event loop's clock, is how long a language model is waited for.
        """
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

    async def travel(self, task: Task, epoch: int, **more: Any) -> tuple[str, Any]:
        """One run of the spine: (its thread, the state at its end or at its pause)."""
        thread = f"{task.tenant}:{task.id}:{uuid.uuid4().hex}"
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        start: Any = {"task": task, "epoch": epoch, "timings": {}, **more}
        self._saver.start(thread)
        try:
            return thread, await self._run(start, config)
        finally:
            self._saver.finish(thread)

    async def _run(self, start: Any, config: RunnableConfig) -> Any:
        """The spine, without a tracing service: a variable in the environment would send it the
        whole state, texts and all, before anything is redacted."""
        with tracing_context(enabled=False):
            return await self._spine.ainvoke(start, config, durability="exit")

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
        if approval is None or not self._overdue(approval):
            return decision, approval
        await self.sweep(task.id)
        decision = await self._reads.run(self._ledger.latest_decision, task.tenant, task.id)
        return decision, await self._reads.run(
            self._ledger.unsettled_approval, task.tenant, task.id
        )

    def _overdue(self, approval: Approval) -> bool:
        return approval.state is ApprovalState.WAITING and approval.expires_at <= self._clock()

    async def advise(self, approval: Approval, advice: Proposal) -> bool:
        """Put advice beside an approval that still waits; whether one did."""
        async with self._aside:
            return await self._writes.run(self._ledger.advise, approval, advice)

    async def forget(self, thread: str) -> None:
        """Drop the pause of a run that is not to be resumed."""
        await self._saver.adelete_thread(thread)

    async def note(self, event: Event) -> None:
        """Append an event. One at a time: a crowd of them must not queue before decisions."""
        async with self._aside:
            await self._writes.run(self._ledger.note, event)

    async def park(self, task: Task, thread: str, state: Any) -> Answer:
        draft = Decision.model_validate(state["parked"]["draft"])
        now = self._clock()
        approval = Approval(
            id=approval_id(draft.id),
            tenant=task.tenant,
            decision_id=draft.id,
            subject=task.id,
            epoch=draft.epoch,
            draft=draft,
            digest=action_digest(draft),
            interrupt=state["__interrupt__"][0].id,
            thread=thread,
            requester=task.requester,
            reason=draft.reason,
            created_at=now,
            expires_at=now + self._life,
        )
        try:
            stored = await self._writes.run(self._ledger.park, task, approval)
        except Conflict:
            await self._saver.adelete_thread(thread)
            # Decided before, then posted again: the first decision stands.
            first = await self._reads.run(self._ledger.find_decision, task.tenant, draft.id)
            if first is None:
                raise
            await self._writes.run(self._ledger.accept, task)
            return Answer(task, decision=first)
        if stored.thread != thread:
            # The task was posted before: the pause of the first run is the one that counts.
            await self._saver.adelete_thread(thread)
            decision = await self._reads.run(
                self._ledger.find_decision, task.tenant, stored.decision_id
            )
            return Answer(task, decision=decision, approval=None if decision else stored)
        return Answer(task, approval=stored, provisional=self._fallback)

    async def answer(self, tenant: str, id: str, given: ApprovalAnswer) -> Decision:
        """Record a person's answer and carry it out. The first valid answer wins.

        Raises:
            NotFound, Conflict: as ``Ledger.answer``.
            BadInput: the answer cannot apply, such as an edit to a team that was not offered.
        """
        approval = await self._reads.run(self._ledger.find_approval, tenant, id)
        if approval is None:
            raise NotFound(f"no approval '{id}'", hint="GET /v1/approvals lists those that wait")
        _check(approval, given)
        try:
            won = await self._writes.run(self._ledger.answer, tenant, id, given, self._clock())
        except Conflict:
            if self._overdue(approval):
                await self.sweep(approval.subject)
            raise
        return await self._resume(won)

    async def _resume(self, approval: Approval) -> Decision:
        name = self._kind.action(approval.draft)[0]
        if approval.answer is None:
            value = hitl.expiry(name)
        else:
            value = hitl.response(approval.answer, name)
        config: RunnableConfig = {"configurable": {"thread_id": approval.thread}}
        state = await self._run(Command(resume={approval.interrupt: value}), config)
        decision = state.get("decision") if isinstance(state, dict) else None
        if decision is None:
            # A checkpoint that is gone or unreadable would end the graph without an action.
            raise SignalboxError(
                f"the paused decision of task '{approval.subject}' could not be resumed",
                hint="its answer is kept; restart the engine, which resumes what is answered",
            )
        await self._saver.adelete_thread(approval.thread)
        found: Decision = decision
        return found

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

    async def recover(self) -> int:
        """At start-up: finish what a stop left unfinished. Number of tasks moved."""
        moved = 0
        # What ran out while nothing ran is marked first, and then finished like the rest.
        await self._writes.run(self._ledger.expire, self._clock())
        for state in (ApprovalState.ANSWERED, ApprovalState.EXPIRED):
            left = await self._reads.run(self._approvals_in, state)
            for approval in left:
                moved += await self._attempt(self._resume(approval), approval.subject)
        for task in await self._reads.run(self._ledger.undecided):
            moved += await self._attempt(self.decide(task), task.id)
        return moved

    async def expire(self) -> int:
        """Deny what nobody answered in time. Number of approvals denied."""
        return await self._deny(await self._writes.run(self._ledger.expire, self._clock()))

    async def sweep(self, subject: str | None = None) -> None:
        """Before a look at what waits: nothing past its time is shown as waiting.

        What is about ``subject`` is denied before this returns, the rest behind it.
        """
        now = self._clock()
        if not await self._reads.run(self._ledger.overdue, now):
            return
        marked = await self._writes.run(self._ledger.expire, now)
        rest = [approval for approval in marked if approval.subject != subject]
        if rest:
            self._keep(self._deny(rest))
        await self._deny([approval for approval in marked if approval.subject == subject])

    async def _deny(self, expired: Sequence[Approval]) -> int:
        moved = 0
        for approval in expired:
            moved += await self._attempt(self._resume(approval), approval.subject)
        return moved

    def _approvals_in(self, state: ApprovalState) -> list[Approval]:
        return self._ledger.approvals(None, state=state, limit=10_000)

    async def _attempt(self, work: Coroutine[Any, Any, Any], subject: str) -> int:
        try:
            await work
        except Exception:
            # One task that cannot be moved must not keep the others from moving.
            log.exception("could not move task %s", subject)
            return 0
        return 1

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


def _check(approval: Approval, given: ApprovalAnswer) -> None:
    if given.decision is ApprovalVerb.APPROVE and approval.draft.option is None:
        raise BadInput("there is no proposal to approve", hint="edit names a team instead")
    offered = approval.draft.trace.offered
    if given.decision is ApprovalVerb.EDIT and given.option not in offered:
        raise BadInput(
            f"'{given.option}' was not offered", hint=f"one of: {', '.join(offered[:20])}"
        )
