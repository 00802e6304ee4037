"""The boards of all tenants, kept up to date with the ledger, and the crews of their teams."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from graphs.lanes import Lane
from graphs.readings import given_as, priority_of
from signalbox.domain.assignment import Assignment, Work
from signalbox.domain.plain import plain
from signalbox.domain.ports import Ledger
from signalbox.domain.resource import Resource
from signalbox.learning.allocation.board import Asked, Board
from signalbox.learning.allocation.crew import Crew
from signalbox.learning.allocation.live_policy import LivePolicy
from signalbox.learning.allocation.speeds import Speeds

log = logging.getLogger("signalbox.placing")

OVERLAP = timedelta(seconds=3)
"""Clocks of several servers differ by less, or else it is read with the whole; twice does no harm.
"""
WHOLE_EVERY = timedelta(minutes=1)
REFIT_EVERY = timedelta(seconds=30)
MEMORY = timedelta(days=180)
MOST_WORK = 50_000
MOST_ONE_BY_ONE = 200


@dataclass(frozen=True, slots=True)
class Ways:
    """How tasks are read and given out: settings, in the words of this room.

    ``activity`` and ``skills`` name attributes of a task (the second lists skills with commas);
    without the first, or without a value, the team is the activity.
    """

    activity: str = ""
    skills: str = "skills"
    relax: timedelta | None = None
    longest_hold: timedelta = timedelta(hours=1)
    usual_hours: float = 1.0
    cost_weight: float = 0.0

    def asked(self, one: Assignment) -> Asked:
        """What a task asks for."""
        given = {plain(name): value for name, value in one.attributes.items()}
        listed = given.get(plain(self.skills), "") if self.skills else ""
        return Asked(
            activity=self.activity_of(one.team, one.attributes),
            skills=frozenset(plain(word) for word in listed.split(",") if plain(word)),
            priority=priority_of(given_as(one.attributes).get("priority", "")),
        )

    def activity_of(self, team: str, attributes: dict[str, str]) -> str:
        """``team``, or ``team/activity`` where the task says which activity it is."""
        wanted = plain(self.activity)
        for name, value in attributes.items() if wanted else ():
            if plain(name) == wanted and plain(value):
                return f"{team}/{plain(value)}"
        return team


class Boards:
    """What this process believes of everybody's work. Asked and changed on the event loop only."""

    def __init__(
        self,
        ledger: Ledger,
        reads: Lane,
        clock: Callable[[], datetime],
        ways: Ways,
        policy: LivePolicy,
    ) -> None:
        self._ledger, self._reads, self._clock = ledger, reads, clock
        self.ways, self.policy = ways, policy
        self._boards: dict[str, Board] = {}
        self._speeds: dict[str, Speeds] = {}
        self._crews: dict[tuple[str, str], Crew] = {}
        self._stamp: tuple[int, datetime | None] = (0, None)
        self._seen: datetime | None = None
        self._whole: datetime | None = None
        self._refitted: datetime | None = None
        self._worked: datetime | None = None

    def of(self, tenant: str) -> Board:
        """The board of a tenant."""
        found = self._boards.get(tenant)
        if found is None:
            found = self._boards[tenant] = Board(self.ways.asked, self.ways.relax)
        return found

    def speeds(self, tenant: str) -> Speeds:
        """What is known of how long things take."""
        found = self._speeds.get(tenant)
        if found is None:
            found = self._speeds[tenant] = Speeds(self.ways.usual_hours)
        return found

    def crew(self, tenant: str, team: str, now: datetime) -> Crew:
        """The resources of a team as they are now."""
        found = self._crews.get((tenant, team))
        if found is None:
            found = self._crews[tenant, team] = Crew(
                self.of(tenant),
                team,
                self.speeds(tenant),
                self.policy,
                self.ways.longest_hold,
                self.ways.cost_weight,
            )
        found.look(now)
        return found

    def problem(self, task: Assignment, resource: str, now: datetime) -> str:
        """What keeps ``resource`` from ``task``, in words, by the register; "" where nothing."""
        board = self.of(task.tenant)
        one = board.resources.get(resource)
        if one is None:
            return f"'{resource}' is not registered"
        if one.team != task.team:
            return f"'{resource}' works for '{one.team}' and not for '{task.team}'"
        if not one.on_shift(now):
            return f"'{resource}' is not on shift"
        if board.taken(one) >= one.capacity:
            return f"'{resource}' has all it can hold ({one.capacity})"
        if resource in task.returned_by:
            return f"'{resource}' gave it back"
        ways = self.ways
        relaxed = ways.relax is not None and now - task.since >= ways.relax
        missing = ways.asked(task).skills - one.skills
        if missing and not relaxed:
            return f"'{resource}' lacks {', '.join(sorted(missing))}"
        return ""

    def staffed(self, tenant: str, team: str) -> bool:
        """Whether somebody is registered for a team, as far as is known here."""
        board = self._boards.get(tenant)
        return board is not None and team in board.teams

    def waiting(self) -> list[tuple[str, str]]:
        """(tenant, team) for which something waits."""
        return [
            (tenant, team)
            for tenant, board in self._boards.items()
            for team in board.waiting_teams()
        ]

    async def refresh(self) -> None:
        """Read what has changed; now and then everything."""
        now = self._clock()
        stamp = await self._reads.run(self._ledger.resources.stamp)
        if stamp != self._stamp or self._due(now):
            await self.registered()
            self._stamp = stamp
        if not self._boards:
            return
        assignments = self._ledger.assignments
        if self._due(now) or self._seen is None:
            self._keep_only(await self._reads.run(assignments.open), now - OVERLAP)
            self._whole = now
        else:
            changed = await self._reads.run(assignments.changes, self._seen - OVERLAP)
            news = [
                (tenant, task_id)
                for tenant, task_id, moment in changed
                if not self.of(tenant).knows(task_id, moment)
            ]
            if len(news) > MOST_ONE_BY_ONE:
                self._keep_only(await self._reads.run(assignments.open), now - OVERLAP)
            else:
                for tenant, task_id in news:
                    await self.read(tenant, task_id)
        self._seen = now
        await self._learn(now)

    def _due(self, now: datetime) -> bool:
        """Whether everything is to be read again, and not only what is said to have changed."""
        return self._whole is None or self._seen is None or now - self._whole >= WHOLE_EVERY

    async def read(self, tenant: str, task_id: str) -> Assignment | None:
        """Where one task stands by the ledger, taken over on its board; None for nowhere."""
        found = await self._reads.run(self._ledger.assignments.find, tenant, task_id)
        if found is not None:
            self.of(tenant).apply(found)
        return found

    async def registered(self) -> None:
        """Read the register alone: somebody was put into it, or taken out."""
        self._register(await self._reads.run(self._ledger.resources.all, None))

    def _register(self, everybody: Iterable[Resource]) -> None:
        by_tenant: dict[str, list[Resource]] = {tenant: [] for tenant in self._boards}
        for one in everybody:
            # Skills are compared as they read: "Cisco" is "cisco".
            read = one.model_copy(update={"skills": frozenset(map(plain, one.skills))})
            by_tenant.setdefault(one.tenant, []).append(read)
        for tenant, resources in by_tenant.items():
            self.of(tenant).register(resources)

    def _keep_only(self, open_now: Iterable[Assignment], as_of: datetime) -> None:
        by_tenant: dict[str, list[Assignment]] = {tenant: [] for tenant in self._boards}
        for one in open_now:
            by_tenant.setdefault(one.tenant, []).append(one)
        for tenant, its in by_tenant.items():
            self.of(tenant).keep_only(its, as_of)

    async def _learn(self, now: datetime) -> None:
        since = self._worked or now - MEMORY
        done = await self._reads.run(self._ledger.assignments.done, since, MOST_WORK)
        if done:
            works = [(one.tenant, *self._measured(one)) for one in done]
            # In a thread: now and then everything is estimated anew in between.
            await self._reads.run(self._take_in, works)
            self._worked = done[-1].ended_at
        if self._refitted is not None and now - self._refitted < REFIT_EVERY:
            return
        for speeds in list(self._speeds.values()):
            if speeds.fitted != speeds.version:
                await self._reads.run(speeds.refit)
                self._refitted = now

    def _measured(self, one: Work) -> tuple[str, str, float, float]:
        who = self.of(one.tenant).resources.get(one.resource)
        hours = (
            who.hours(one.assigned_at, one.ended_at)
            if who is not None
            else (one.ended_at - one.assigned_at).total_seconds() / 3600
        )
        activity = self.ways.activity_of(one.team, one.attributes)
        self.speeds(one.tenant)
        return activity, one.resource, hours, one.ended_at.timestamp() / 3600

    def _take_in(self, works: list[tuple[str, str, str, float, float]]) -> None:
        for tenant, activity, resource, hours, moment in works:
            found = self._speeds[tenant].add(activity, resource, hours, moment)
            if found is not None:
                log.info(
                    "%s of %s take another time than before since %s: learned anew",
                    found.activity or "all tasks",
                    found.resource or "everybody",
                    datetime.fromtimestamp(found.since * 3600, UTC).isoformat("T", "minutes"),
                )
