"""Gives the routed tasks of a team to its resources, one decision on the spine for each."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphs.assignment import AssignmentKind
from graphs.boards import Boards
from graphs.journeys import travel
from graphs.kind import Parts
from graphs.lanes import Lane
from graphs.situation import situation_of
from graphs.spine import Spine
from graphs.trials import Trials
from graphs.turns import Turns
from graphs.waits import Wait, wait_of
from signalbox.domain.assignment import Assignment, AssignmentState, unstaffed
from signalbox.domain.decision import Decision, Trace, decision_id
from signalbox.domain.enums import DecisionStatus, Kind, Source
from signalbox.domain.errors import Conflict, NotFound, SignalboxError
from signalbox.domain.ports import Ledger
from signalbox.learning.allocation.board import Queue
from signalbox.learning.allocation.crew import Crew, Pick

log = logging.getLogger("signalbox.placing")

EXPLAINED_AT_ONCE = 5
MOST_LOOKED_AT = 500
MOST_IN_A_ROUND = 200
MOST_TRIED = 20


class Placing:
    """One round at a time for each team; all methods are safe to repeat, the ledger arbitrates."""

    def __init__(
        self,
        *,
        spine: Spine,
        kind: AssignmentKind,
        parts: Parts,
        boards: Boards,
        ledger: Ledger,
        reads: Lane,
        writes: Lane,
        clock: Callable[[], datetime],
        paused: Callable[[], str] = str,
    ) -> None:
        """``paused`` says why nothing at all may be given out now; empty: it may."""
        self._paused = paused
        self._spine, self._kind, self._parts, self.boards = spine, kind, parts, boards
        self._ledger, self._reads, self._writes, self._clock = ledger, reads, writes, clock
        self._turns = Turns()
        self._told: dict[tuple[str, str], dict[Queue, int]] = defaultdict(dict)
        self._turn: Counter[tuple[str, str]] = Counter()
        self._trials = Trials()
        self._more: set[tuple[str, str]] = set()
        self._rounds: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._awaited: dict[tuple[str, str], list[asyncio.Future[Assignment | None]]] = defaultdict(
            list
        )

    def again(self) -> None:
        """Try everything anew, such as after a pause."""
        self._trials = Trials()
        for tenant, team in self.boards.waiting():
            self.start(tenant, team)

    async def look(self) -> None:
        """Read what has changed and give out what can be given out."""
        await self.boards.refresh()
        for tenant, team in self.boards.waiting():
            await self.round(tenant, team)

    async def placed(self, tenant: str, task_id: str, seconds: float) -> Assignment | None:
        """Where a task that was just routed stands with its team, after a try of that long at most.

        None where its team has no resources.
        """
        found = await self.boards.read(tenant, task_id)
        if found is None:
            return None
        if found.state is AssignmentState.WAITING:
            waiter: asyncio.Future[Assignment | None] = asyncio.get_running_loop().create_future()
            self._awaited[tenant, task_id].append(waiter)
            self.start(tenant, found.team)
            await asyncio.wait({waiter}, timeout=max(0.0, seconds))
            self._awaited.pop((tenant, task_id), None)
        return self.explained(await self._reads.run(self._ledger.assignments.find, tenant, task_id))

    def explained(self, found: Assignment | None) -> Assignment | None:
        """With why it waits, where nobody has come to write that down yet."""
        if found is None or found.reason or found.state is not AssignmentState.WAITING:
            return found
        queue = self.boards.of(found.tenant).queue_of(found.task_id)
        if queue is None:
            return found
        now = self._clock()
        wait = wait_of(self.boards.crew(found.tenant, found.team, now), queue, None, None, now)
        return found.model_copy(update={"reason": wait.reason})

    def start(self, tenant: str, team: str) -> None:
        """See to a team soon, and not twice at once."""
        running = self._rounds.get((tenant, team))
        if running is None or running.done():
            run = asyncio.get_running_loop().create_task(self._attempt(tenant, team))
            self._rounds[tenant, team] = run
            run.add_done_callback(lambda _: self._over(tenant, team, run))
        else:
            # It may have looked already at what is new now.
            self._more.add((tenant, team))

    async def registered(self, tenant: str, *teams: str) -> None:
        """The register has changed: somebody may have become free, and tasks may wait now."""
        await self.boards.registered()
        for one in await self._reads.run(self._ledger.assignments.open):
            self.boards.of(one.tenant).apply(one)
        for team in teams:
            self.start(tenant, team)

    async def end(self, tenant: str, task_id: str, by: str | None) -> Assignment:
        """The work is done, and whoever did it is free. Conflict, NotFound."""
        return await self._freed(
            await self._writes.run(
                lambda: self._ledger.assignments.end(tenant, task_id, by=by, now=self._clock())
            )
        )

    async def give_back(self, tenant: str, task_id: str, by: str | None, reason: str) -> Assignment:
        """It waits again, for somebody else. Conflict, NotFound."""
        return await self._freed(
            await self._writes.run(
                lambda: self._ledger.assignments.give_back(
                    tenant, task_id, by=by, reason=reason, now=self._clock()
                )
            )
        )

    async def closed(self, tenant: str, task_id: str) -> None:
        """A task has its outcome: whoever had it is free, where somebody had it."""
        if task_id in self.boards.of(tenant).open:
            found = await self.boards.read(tenant, task_id)
            if found is not None:
                self.start(tenant, found.team)

    async def _freed(self, one: Assignment) -> Assignment:
        self.boards.of(one.tenant).apply(one)
        self.start(one.tenant, one.team)
        return one

    async def assign(
        self, tenant: str, task_id: str, resource: str, by: str, why: str = ""
    ) -> Assignment:
        """A person gives it to somebody: beyond capacity, skills and shifts, within the team.

        Conflict, NotFound; Held while everything is halted.
        """
        waiting = await self._reads.run(self._ledger.assignments.find, tenant, task_id)
        if waiting is None:
            raise unstaffed(task_id)
        against = self.boards.problem(waiting, resource, self._clock())
        epoch = waiting.epoch + 1
        decision = Decision(
            id=decision_id(tenant, Kind.ASSIGNMENT.value, task_id, epoch),
            tenant=tenant,
            kind=Kind.ASSIGNMENT,
            subject=task_id,
            epoch=epoch,
            status=DecisionStatus.DECIDED,
            option=resource,
            proposed=waiting.suggested,
            source=Source.PERSON,
            actor=by,
            reason=_chosen_by(by, why, against),
            trace=Trace(engine_version=self._parts.engine_version),
            decided_at=self._clock(),
        )
        given = await self._writes.run(
            lambda: self._ledger.assignments.assign(decision, None, by_person=True)
        )
        self.boards.of(tenant).apply(given)
        return given

    async def _attempt(self, tenant: str, team: str) -> None:
        try:
            await self.round(tenant, team)
        except SignalboxError as error:
            log.warning("could not give out the tasks of '%s': %s", team, error)

    def _over(self, tenant: str, team: str, run: asyncio.Task[None]) -> None:
        if self._rounds.get((tenant, team)) is run:
            del self._rounds[tenant, team]
        if not run.cancelled() and (error := run.exception()) is not None:
            log.error("a round for '%s' failed", team, exc_info=error)
        if (tenant, team) in self._more:
            self._more.discard((tenant, team))
            self.start(tenant, team)

    async def round(self, tenant: str, team: str) -> None:
        """Give out what can be given out, best pair first; say of the rest why it waits."""
        waits = await self.give_out(tenant, team)
        await self._explain(tenant, team, waits)
        self._tell_waiting(tenant, team)

    async def give_out(self, tenant: str, team: str) -> dict[Queue, Wait]:
        """Give out what can be given out; why the rest waits, where that is known by then."""
        async with self._turns.of((tenant, team)):
            return await self._give_out(tenant, team)

    async def _give_out(self, tenant: str, team: str) -> dict[Queue, Wait]:
        board = self.boards.of(tenant)
        waits: dict[Queue, Wait] = {}
        if why := self._paused():
            return {queue: Wait(why) for queue in board.queues(team)}
        tried = 0
        later = self._trials.later(board, tenant, self._clock())
        for _ in range(MOST_IN_A_ROUND):
            now = self._clock()
            board.relax(now)
            crew = self.boards.crew(tenant, team, now)
            pick = crew.pick(now, later | frozenset(waits))
            if pick is None:
                break
            if not pick.candidates:
                waits[pick.queue] = wait_of(crew, pick.queue, pick, None, now)
                continue
            wait = await self._give(crew, pick, now)
            if wait is not None:
                tried += 1
                # By now in a queue of its own, unless it was changed meanwhile.
                waits[board.queue_of(pick.task.task_id) or pick.queue] = wait
            if tried == MOST_TRIED:
                break
            # A crowd that comes in the morning must not hold up everybody else.
            await asyncio.sleep(0)
        return waits

    async def _give(self, crew: Crew, pick: Pick, now: datetime) -> Wait | None:
        """One decision on the spine; None where the task is given out, else why it is not."""
        situation = situation_of(crew, pick, now)
        task = self._kind.begin(situation)
        try:
            state = await self._travel(task, pick.task.epoch + 1)
        except (Conflict, NotFound) as error:
            # Another process was quicker: look again at what there is.
            log.debug("task %s was not given out: %s", task.id, error)
            await self.boards.registered()
            await self.boards.read(task.tenant, task.id)
            return Wait("being looked at again")
        finally:
            self._kind.finish(task)
        self._trials.failed(pick.task, now)
        board = self.boards.of(pick.task.tenant)
        decision: Decision | None = state.get("decision")
        if decision is None or "__interrupt__" in state or decision.option is None:
            draft = state.get("draft")
            reason = state["authorised"].reason if "authorised" in state else ""
            if state.get("held"):
                reason = "it may not take effect now"
            wait = wait_of(crew, pick.queue, pick, (situation, draft, reason), now)
            board.set_apart(pick.task.task_id)
            return wait
        self._trials.over(pick.task)
        self._settled(pick.task, decision)
        return None

    async def _travel(self, task: Any, epoch: int) -> Any:
        start = {"task": task, "epoch": epoch, "timings": {}}
        return await travel(self._spine, start, uuid.uuid4().hex)

    def _settled(self, was: Assignment, decision: Decision) -> None:
        given = was.model_copy(
            update={
                "state": AssignmentState.ASSIGNED,
                "resource": decision.option,
                "epoch": decision.epoch,
                "decision_id": decision.id,
                "reason": decision.reason,
                "suggested": None,
                "assigned_at": decision.decided_at,
                "changed_at": max(decision.decided_at, was.changed_at),
            }
        )
        self.boards.of(was.tenant).apply(given)
        for waiter in self._awaited.pop((was.tenant, was.task_id), []):
            if not waiter.done():
                waiter.set_result(given)

    async def _explain(self, tenant: str, team: str, waits: dict[Queue, Wait]) -> None:
        """Store why tasks wait, some at a time: the next round goes on. New ones come first."""
        board, now = self.boards.of(tenant), self._clock()
        crew = self.boards.crew(tenant, team, now)
        told = self._told[tenant, team]
        queues = sorted(
            board.queues(team), key=lambda queue: board.arrivals(queue) == told.get(queue, -1)
        )
        start = self._turn[tenant, team] % max(len(queues), 1)
        fresh = sum(board.arrivals(queue) != told.get(queue, -1) for queue in queues)
        looked = queues[:fresh] or queues[start : start + EXPLAINED_AT_ONCE]
        self._turn[tenant, team] = start + EXPLAINED_AT_ONCE if start + 1 < len(queues) else 0
        news: list[tuple[Assignment, Wait]] = []
        for queue in looked[:EXPLAINED_AT_ONCE]:
            wait = waits.get(queue) or wait_of(crew, queue, None, None, now)
            others = [
                (one, wait)
                for one in board.waiting_in(queue, MOST_LOOKED_AT)
                if (one.reason, one.suggested) != (wait.reason, wait.suggested)
            ]
            left = EXPLAINED_AT_ONCE - len(news)
            news += others[:left]
            if len(others) <= left:
                told[queue] = board.arrivals(queue)
        if not news:
            return
        await self._writes.run(
            self._ledger.assignments.explain,
            [one for one, _ in news],
            [wait.reason for _, wait in news],
            [wait.suggested for _, wait in news],
        )
        if len(told) > 2 * len(queues) + EXPLAINED_AT_ONCE:
            there = set(queues)
            self._told[tenant, team] = {one: seen for one, seen in told.items() if one in there}
        for one, wait in news:
            board.explained(one, wait.reason, wait.suggested)

    def _tell_waiting(self, tenant: str, team: str) -> None:
        if (tenant, team) in self._more:
            return
        for (whose, task_id), waiters in list(self._awaited.items()):
            one = self.boards.of(tenant).open.get(task_id)
            if whose == tenant and (one is None or one.team == team):
                for waiter in waiters:
                    if not waiter.done():
                        waiter.set_result(one)


def _chosen_by(person: str, why: str, against: str) -> str:
    said = f": {why}" if why else ""
    return f"{person} chose so{said}" + (f" (although {against})" if against else "")
