"""Approvals: parks what must wait for a person, and carries out what the person answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any

from graphs import binding, hitl
from graphs.answer import Answer
from graphs.journeys import Journeys
from graphs.kind import DecisionKind, Recorder
from graphs.lanes import Lane
from graphs.settling import RECHECK
from graphs.terms import Terms
from signalbox.domain.approval import REFUSED_BY, Approval, ApprovalAnswer, approval_id
from signalbox.domain.autonomy import Held, Switch
from signalbox.domain.decision import Decision, GuardNote, Trace, decision_id
from signalbox.domain.delegation import Hand
from signalbox.domain.enums import ApprovalState, ApprovalVerb, Verdict
from signalbox.domain.errors import BadInput, Conflict, NotFound, SignalboxError, Unavailable
from signalbox.domain.escalation import Desk
from signalbox.domain.ports import Ledger
from signalbox.domain.task import Task

log = logging.getLogger("signalbox.dispatcher")

KEPT = "the answer is kept, and carried out after `signalbox autonomy resume`"


class Approving:
    """The approvals of one kind of decision. The ledger arbitrates; this carries out."""

    def __init__(
        self,
        *,
        journeys: Journeys,
        kind: DecisionKind,
        ledger: Ledger,
        writes: Lane,
        reads: Lane,
        clock: Callable[[], datetime],
        terms: Terms,
        recorder: Recorder,
        fallback: str | None,
        keep: Callable[[Coroutine[Any, Any, Any]], object],
    ) -> None:
        """``keep`` runs work behind the caller."""
        self._journeys, self._kind = journeys, kind
        self._ledger, self._writes, self._reads = ledger, writes, reads
        self._clock, self._terms, self._recorder = clock, terms, recorder
        self._fallback, self._keep = fallback, keep
        self._left = False

    def overdue(self, approval: Approval) -> bool:
        """Whether it still waits though its time is up."""
        return approval.state is ApprovalState.WAITING and approval.expires_at <= self._clock()

    async def park(self, task: Task, thread: str, state: Any) -> Answer:
        """Store the approval that a paused run asks for; of two for one decision the first."""
        draft = Decision.model_validate(state["parked"]["draft"])
        now = self._clock()
        needed = binding.needed(self._kind, self._terms, task, draft, draft.option)
        approval = Approval(
            id=approval_id(draft.id),
            tenant=task.tenant,
            decision_id=draft.id,
            subject=task.id,
            epoch=draft.epoch,
            draft=draft,
            digest=binding.seal(self._kind, task, draft, needed),
            interrupt=state["__interrupt__"][0].id,
            step=await self._journeys.paused_at(thread),
            thread=thread,
            requester=task.requester,
            needed=needed,
            reason=draft.reason,
            created_at=now,
            expires_at=now + self._terms.life,
            desk=Desk(due_at=self._terms.chain.due(0, now)),
        )
        try:
            stored = await self._writes.run(self._ledger.park, task, approval)
        except Conflict:
            await self._journeys.forget(thread)
            # Decided before, then posted again: the first decision stands.
            first = await self._reads.run(self._ledger.find_decision, task.tenant, draft.id)
            if first is None:
                raise
            await self._writes.run(self._ledger.accept, task)
            return Answer(task, decision=first)
        if stored.thread != thread:
            # The task was posted before: the pause of the first run is the one that counts.
            await self._journeys.forget(thread)
            decision = await self._reads.run(
                self._ledger.find_decision, task.tenant, stored.decision_id
            )
            return Answer(task, decision=decision, approval=None if decision else stored)
        return Answer(task, approval=stored, provisional=self._fallback)

    async def answer(self, tenant: str, id: str, given: ApprovalAnswer) -> Decision | Approval:
        """Record a person's answer and carry it out. The first valid answer wins.

        Where it takes several people and others have yet to agree, and where it was escalated, the
        approval that still waits.

        Raises:
            NotFound, Conflict, Forbidden: as ``Ledger.answer`` and ``Desks.escalate``.
            BadInput: the answer cannot apply, such as an edit to a team that was not offered, or
                has to name the digest of what was looked at.
        """
        approval = await self._reads.run(self._ledger.find_approval, tenant, id)
        if approval is None:
            raise NotFound(f"no approval '{id}'", hint="GET /v1/approvals lists those that wait")
        if not given.decision.decides:
            chain, desks = self._terms.chain, self._ledger.desks
            return await self._writes.run(
                lambda: desks.escalate(tenant, id, given, self._clock(), chain)
            )
        task = await self._task(approval)
        _check(approval, given)
        option = approval.chosen(given)
        top = option and binding.top(self._kind, task, approval.draft, option)
        if top and given.digest is None:
            raise BadInput(
                f"'{option}' is of the top risk class: the answer has to name the digest of the"
                " action that was looked at",
                hint=f"send 'digest' as GET /v1/approvals/{id} shows it",
            )
        needed = binding.needed(self._kind, self._terms, task, approval.draft, option)
        risk = binding.risk(self._kind, task, approval.draft, option)
        try:
            stored = await self._writes.run(
                lambda: self._ledger.answer(
                    tenant, id, given, self._clock(), needed=needed, risk=risk
                )
            )
        except Conflict:
            if self.overdue(approval):
                await self.sweep(approval.subject)
            raise
        return stored if stored.state is ApprovalState.WAITING else await self._resume(stored)

    async def carry_out(self, tenant: str, id: str) -> Decision | None:
        """Do what an approval was answered, or deny it where its time was up; None where there is
        nothing to do (any more). Raises Held, Unavailable."""
        approval = await self._reads.run(self._ledger.find_approval, tenant, id)
        if approval is None or approval.state not in (
            ApprovalState.ANSWERED,
            ApprovalState.EXPIRED,
        ):
            return None
        return await self._resume(approval)

    async def _resume(self, approval: Approval) -> Decision:
        task = await self._task(approval)
        if altered := binding.altered(self._kind, approval, task):
            return await self._refuse(approval, task, altered)
        name, answer = self._kind.action(approval.draft)[0], approval.answer
        hands: tuple[Hand, ...] = ()
        if answer is None:
            value = hitl.expiry(name)
        else:
            option = approval.chosen(answer)
            hands = approval.hands(option) if option is not None else ()
            value = hitl.response(answer, name, [hand.signed for hand in hands])
        value["bound"] = {
            "digest": approval.digest,
            "needed": approval.needed,
            "voters": [list(hand.persons) for hand in hands],
        }
        if not await self._journeys.paused(approval.thread):
            # Where another process was first, its decision is there, and stands.
            return await self._refuse(approval, task, "its paused run is gone")
        try:
            state = await self._journeys.resume(approval.thread, approval.interrupt, value)
        except Held as held:
            self._left = True
            raise Held(held.part, held.message, hint=KEPT) from None
        except Unavailable:
            self._left = True
            raise
        except binding.NotAsApproved as altered_pause:
            return await self._refuse(approval, task, altered_pause.message)
        decision = state.get("decision") if isinstance(state, dict) else None
        if decision is None:
            # A checkpoint that is not read as it was written ends the graph without an action.
            raise SignalboxError(
                f"the paused decision of task '{approval.subject}' could not be resumed",
                hint="its answer is kept; restart the engine, which resumes what is answered",
            )
        await self._journeys.forget(approval.thread)
        found: Decision = decision
        return found

    async def _refuse(self, approval: Approval, task: Task, reason: str) -> Decision:
        """Deny what is not as it was approved. Nothing of the altered draft is taken over."""
        kind = self._kind.kind
        standing = await self._reads.run(self._ledger.latest_decision, task.tenant, task.id)
        note = GuardNote(part=RECHECK, verdict=Verdict.DENY.word, reason=reason)
        fields = hitl.refusal(standing.option if standing else None, f"not done: {reason}")
        refused = Decision(
            id=decision_id(task.tenant, kind.value, task.id, approval.epoch),
            tenant=task.tenant,
            kind=kind,
            subject=task.id,
            epoch=approval.epoch,
            trace=Trace(guard=Verdict.DENY.word, guard_notes=(note,)),
            decided_at=self._clock(),
            **fields,
        )
        stored = await self._recorder.commit(task, refused)
        if stored.actor == REFUSED_BY:
            log.warning("approval %s is not carried out: %s", approval.id, reason)
        await self._journeys.forget(approval.thread)
        return stored

    async def _task(self, approval: Approval) -> Task:
        found = await self._reads.run(self._ledger.find_task, approval.tenant, approval.subject)
        if found is None:
            raise NotFound(
                f"there is no task '{approval.subject}', which approval '{approval.id}' is about",
                hint="restore the ledger's tables from one and the same backup",
            )
        task: Task = found[0]
        return task

    async def recover(self) -> int:
        """At start-up, and when the switch is lifted: carry out what was answered or ran out,
        whichever process took the answers. Number of approvals moved."""
        moved = 0
        # What ran out while nothing ran is marked first, and then finished like the rest.
        await self._writes.run(self._ledger.expire, self._clock())
        for state in (ApprovalState.ANSWERED, ApprovalState.EXPIRED):
            moved += await self._finish(await self._reads.run(self._in, state))
        return moved

    async def expire(self) -> int:
        """Deny what nobody answered in time, do what was left undone, and escalate what has had
        its time at its level. Number of approvals carried out."""
        if self._left and not await self._halted():
            self._left = False
            moved = await self.recover()
        else:
            moved = await self._finish(await self._writes.run(self._ledger.expire, self._clock()))
        await self._climb()
        return moved

    async def _climb(self) -> None:
        if not self._terms.chain.levels:
            return
        desks = self._ledger.desks
        for one in await self._writes.run(desks.climb, self._clock(), self._terms.chain):
            log.info("approval %s is escalated to %s: its time was up", one.id, one.desk.name)

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
            self._keep(self._finish(rest))
        await self._finish([approval for approval in marked if approval.subject == subject])

    async def _finish(self, settled: Sequence[Approval]) -> int:
        moved = 0
        for approval in settled:
            moved += await attempt(self._resume(approval), approval.subject)
        return moved

    async def _halted(self) -> bool:
        stored = await self._reads.run(self._ledger.autonomy)
        return stored.switch is Switch.HALTED

    def _in(self, state: ApprovalState) -> list[Approval]:
        return self._ledger.approvals(None, state=state, limit=10_000)


async def attempt(work: Coroutine[Any, Any, Any], subject: str) -> int:
    """1 when ``work`` was done; 0, and a line in the log, when it failed."""
    try:
        await work
    except Held as held:
        log.warning("task %s is held: %s", subject, held)
        return 0
    except Exception:
        # One task that cannot be moved must not keep the others from moving.
        log.exception("could not move task %s", subject)
        return 0
    return 1


def _check(approval: Approval, given: ApprovalAnswer) -> None:
    if given.decision is ApprovalVerb.APPROVE and approval.draft.option is None:
        raise BadInput("there is no proposal to approve", hint="edit names a team instead")
    offered = approval.draft.trace.offered
    if given.decision is ApprovalVerb.EDIT and given.option not in offered:
        raise BadInput(
            f"'{given.option}' was not offered", hint=f"one of: {', '.join(offered[:20])}"
        )
