"""The ledger on SQL: every method one transaction, every method safe to repeat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from signalbox.domain import jobs
from signalbox.domain.approval import REFUSED_BY, Approval, ApprovalAnswer
from signalbox.domain.audit import SealKey
from signalbox.domain.autonomy import AutonomyChange, Held, StoredAutonomy, takes_effect
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalState, RiskClass, TaskState
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.jobs import Enqueue, Job
from signalbox.domain.limits import NO_CHECKS, Checks
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.prediction import Proposal
from signalbox.domain.task import Task
from signalbox.ledger import (
    advices,
    answers,
    approvals,
    autonomy,
    budgets,
    decisions,
    erasing,
    keys,
    limits,
    outbox,
    outcomes,
    rule_versions,
    tasks,
    waiting,
)
from signalbox.ledger.api_keys import SqlApiKeys
from signalbox.ledger.assignments import SqlAssignments
from signalbox.ledger.audit import SqlAudit
from signalbox.ledger.database import Database
from signalbox.ledger.delegations import SqlDelegations
from signalbox.ledger.deliveries import SqlDeliveries
from signalbox.ledger.desk_moves import SqlDesks
from signalbox.ledger.engine import make_engine
from signalbox.ledger.executors import SqlExecutors
from signalbox.ledger.figures import SqlFigures
from signalbox.ledger.pruning import SqlPruning
from signalbox.ledger.resources import SqlResources
from signalbox.ledger.rule_shelf import SqlRuleVersions
from signalbox.ledger.schema import expect, upgrade
from signalbox.ledger.sessions import SqlSessions
from signalbox.ledger.webhooks import SqlWebhooks


def open_ledger(url: str, audit_key: SealKey | None = None, *, new: bool = True) -> SqlLedger:
    """The ledger at a SQLAlchemy ``url``, brought to the present schema where it may be ``new``.

    Raises BadInput when the URL, its driver or its file cannot be used or the schema is newer than
    this version; Unavailable when the database does not answer.
    """
    database = Database(make_engine(url))
    try:
        if new:
            upgrade(database)
        else:
            expect(database)
        with database.write() as connection:
            keys.forget_old(connection, utc_now())
    except BaseException:
        database.close()
        raise
    return SqlLedger(database, audit_key)


class SqlLedger(budgets.SqlBudget, keys.SqlKeys):
    """``signalbox.domain.ports.Ledger`` on SQLite or PostgreSQL; shared freely between threads.

    Every method raises Unavailable when the database does not answer in time, having then written
    nothing.
    """

    def __init__(self, database: Database, audit_key: SealKey | None = None) -> None:
        self._database = database
        self.rule_versions = SqlRuleVersions(database)
        self.audit = SqlAudit(database, audit_key)
        self.erasures = erasing.SqlErasures(database, self.audit)
        self.pruning = SqlPruning(database)
        self.executors = SqlExecutors(database)
        self.api_keys, self.sessions = SqlApiKeys(database), SqlSessions(database)
        self.desks, self.delegations = SqlDesks(database), SqlDelegations(database)
        self.webhooks, self.deliveries = SqlWebhooks(database), SqlDeliveries(database)
        self.figures = SqlFigures(database)
        self.resources, self.assignments = SqlResources(database), SqlAssignments(database)
        # Set by the durable runtime; without one, what is owed is done at the next start.
        self.enqueue: Enqueue | None = None

    def accept(self, task: Task) -> Task:
        """Store ``task`` or return the one stored under its id. Conflict on other content."""
        with self._database.write() as connection:
            stored, _, is_new = tasks.store(connection, task, TaskState.RECEIVED)
            if is_new:
                self._owe(connection, jobs.decide(stored))
        return stored

    def find_task(self, tenant: str, task_id: str) -> tuple[Task, TaskState] | None:
        """The task and where it stands."""
        with self._database.read() as connection:
            return tasks.find(connection, tenant, task_id)

    def undecided(self, limit: int = 1000) -> list[Task]:
        """Every tenant's accepted tasks with neither decision nor approval, oldest first."""
        with self._database.read() as connection:
            return tasks.undecided(connection, limit)

    def next_epoch(self, tenant: str, subject: str) -> int:
        """One above the last committed epoch: an approval that waits does not use one up."""
        with self._database.read() as connection:
            return decisions.last_epoch(connection, tenant, subject) + 1

    def autonomy(self) -> StoredAutonomy:
        """The switch and the levels that operators set."""
        with self._database.read() as connection:
            return autonomy.read(connection)

    def set_autonomy(self, order: AutonomyChange, now: datetime) -> StoredAutonomy:
        """Carry out an operator's order, with its event; what is then in force."""
        with self._database.write() as connection:
            stored = autonomy.change(connection, order, now)
            outbox.append(connection, outbox.autonomy_changed(order))
        return stored

    def commit(
        self,
        task: Task,
        decision: Decision,
        *,
        upgrade: bool = False,
        checks: Checks = NO_CHECKS,
    ) -> Decision:
        """Task, decision and event together; a repeat changes nothing and returns the first.

        The task is then routed, or closed when no option was chosen; a closed one stays closed.
        Settles the approval of the same decision id. An ``upgrade`` supersedes the decision of an
        earlier epoch, or what still waits from it. Raises Conflict when the task's id is stored
        with other content, or when an upgrade comes after an answer or an outcome; ValueError when
        the two do not belong together.

        The switch is read here, and what an automatic decision takes from the limits is taken here;
        so are the rules that have to be active for it. Raises Held, and leaves nothing, where one
        of them does not let it take effect.
        """
        tasks.check_belongs(task, decision.tenant, decision.subject)
        if not decision.status.final:
            raise ValueError(f"decision {decision.id!r} still waits: park it")
        state = TaskState.CLOSED if decision.option is None else TaskState.ROUTED
        with self._database.write() as connection:
            _, was, new_task = tasks.store(connection, task, state)
            advice = approvals.settle(connection, decision.tenant, decision.id)
            first, is_new = decisions.store(connection, decision.advised(advice))
            if not is_new:
                return first
            advices.keep(connection, task.tenant, task.id, first.trace.advice)
            held = autonomy.read(connection, committing=True).holds(first)
            if held:
                raise Held(autonomy.SWITCH, held, hint="`signalbox autonomy resume` lifts it")
            if first.automatic and takes_effect(first):
                limits.check(connection, first, checks)
            rule_versions.check(connection, checks.rules)
            events = [outbox.decision_committed(first)]
            if first.actor == REFUSED_BY:
                events.append(outbox.approval_refused(first))
            if upgrade:
                if was is TaskState.CLOSED and not new_task:
                    raise Conflict(
                        f"task {task.id!r} was closed before epoch {decision.epoch} came",
                        hint="nothing needs to be done: what closed it counts",
                    )
                events += _superseding(connection, decision)
            if was not in (state, TaskState.CLOSED):
                tasks.move(connection, task.tenant, task.id, state)
            waiting.follow(connection, first)
            for event in events:
                outbox.append(connection, event)
        return first

    def park(self, task: Task, approval: Approval) -> Approval:
        """Task and approval together; a repeat returns the first approval of the decision.

        Raises Conflict when the decision is already committed without one, or the task's id is
        stored with other content; ValueError when the two do not belong together.
        """
        tasks.check_belongs(task, approval.tenant, approval.subject)
        with self._database.write() as connection:
            _, was, _ = tasks.store(connection, task, TaskState.WAITING)
            # A change that waits takes nothing from the decision in force.
            standing = approval.draft.trace.standing is not None
            if was is TaskState.CLOSED and standing:
                raise Conflict(
                    f"task {task.id!r} is closed: there is nothing to change",
                    hint="nothing needs to be done: what closed it counts",
                )
            first, is_new = approvals.store(connection, approval)
            if not is_new:
                return first
            advices.keep(connection, task.tenant, task.id, approval.draft.trace.advice)
            if decisions.find(connection, approval.tenant, approval.decision_id) is not None:
                raise Conflict(
                    f"decision {approval.decision_id!r} is already committed",
                    hint="read the decision; nothing is left to approve",
                )
            if was not in (TaskState.WAITING, TaskState.CLOSED) and not standing:
                tasks.move(connection, task.tenant, task.id, TaskState.WAITING)
            self._owe(connection, jobs.timeout(first))
            outbox.append(connection, outbox.approval_asked(first))
        return first

    def unsettled_approval(self, tenant: str, subject: str) -> Approval | None:
        """The newest approval about ``subject`` that waits, or whose answer is to be committed."""
        with self._database.read() as connection:
            return approvals.unsettled(connection, tenant, subject)

    def paused_steps(self) -> dict[str, int]:
        """How many decisions of all tenants are paused at each step of the graph."""
        with self._database.read() as connection:
            return approvals.paused_steps(connection)

    def advise(self, approval: Approval, advice: Proposal) -> bool:
        """Put ``advice`` beside ``approval`` where it still waits, with its event; whether it did.

        The draft and its digest stay as they are.
        """
        with self._database.write() as connection:
            put = approvals.advise(connection, approval.tenant, approval.id, advice)
            advices.keep(connection, approval.tenant, approval.subject, advice)
            if put:
                outbox.append(connection, outbox.approval_advised(approval, advice))
        return put

    def keep_advice(self, tenant: str, subject: str, advice: Proposal) -> None:
        """Keep a proposal that met a certificate, for its outcome; any other is let go."""
        with self._database.write() as connection:
            advices.keep(connection, tenant, subject, advice)

    def find_advice(self, tenant: str, subject: str) -> Proposal | None:
        """The proposal about ``subject`` that met a certificate."""
        with self._database.read() as connection:
            return advices.find(connection, tenant, subject)

    def note(self, event: Event) -> None:
        """Append an event that no row of its own goes with."""
        with self._database.write() as connection:
            outbox.append(connection, erasing.fit(connection, event))

    def find_decision(self, tenant: str, decision_id: str) -> Decision | None:
        """The committed decision of that id."""
        with self._database.read() as connection:
            return decisions.find(connection, tenant, decision_id)

    def latest_decision(self, tenant: str, subject: str) -> Decision | None:
        """The committed decision of the highest epoch about ``subject``."""
        with self._database.read() as connection:
            return decisions.latest(connection, tenant, subject)

    def decisions(
        self,
        tenant: str,
        *,
        limit: int,
        before: str | None = None,
        status: str | None = None,
    ) -> list[Decision]:
        """Newest first; ``before`` is the id of the last one of the page before (or NotFound)."""
        with self._database.read() as connection:
            return decisions.page(connection, tenant, limit, before, status)

    def find_approval(self, tenant: str, approval_id: str) -> Approval | None:
        """The approval of that id."""
        with self._database.read() as connection:
            return approvals.find(connection, tenant, approval_id)

    def approvals(
        self, tenant: str | None, *, state: ApprovalState | None = None, limit: int
    ) -> list[Approval]:
        """Oldest first; every tenant's when ``tenant`` is None."""
        with self._database.read() as connection:
            return approvals.oldest(connection, tenant, state, limit)

    def answer(
        self,
        tenant: str,
        approval_id: str,
        answer: ApprovalAnswer,
        now: datetime,
        *,
        needed: int | None = None,
        risk: RiskClass | None = None,
    ) -> Approval:
        """Arbitrate as ``answers.answer``, with the event of the answer, or of a vote for one."""
        with self._database.write() as connection:
            stored = answers.answer(connection, tenant, approval_id, answer, now, needed, risk)
            if stored.state is ApprovalState.WAITING:
                outbox.append(connection, outbox.approval_voted(stored, answer, needed))
            else:
                self._owe(connection, jobs.resume(stored))
                outbox.append(connection, outbox.approval_answered(stored, answer))
        return stored

    def overdue(self, now: datetime) -> bool:
        """Whether ``expire`` would find anything."""
        with self._database.read() as connection:
            return approvals.overdue(connection, now)

    def expire(self, now: datetime) -> list[Approval]:
        """Mark what is past its time; each is returned to one caller only."""
        with self._database.write() as connection:
            expired = approvals.expire(connection, now)
            for approval in expired:
                self._owe(connection, jobs.resume(approval))
            for approval in expired:
                outbox.append(connection, outbox.approval_expired(approval))
        return expired

    def record_outcome(self, outcome: Outcome) -> tuple[Outcome, bool]:
        """Store it once per subject and close the task; (stored, whether it was new).

        Raises NotFound when there is no such task, Conflict when another option is recorded or
        the reporter is whoever asked: the engine learns from this.
        """
        with self._database.write() as connection:
            found = tasks.find(connection, outcome.tenant, outcome.subject, lock=True)
            if found is None:
                raise NotFound(
                    f"there is no task {outcome.subject!r}", hint="send the task before its outcome"
                )
            outcomes.check_reporter(found[0], outcome)
            stored, is_new = outcomes.store(connection, outcome)
            if is_new:
                tasks.move(connection, outcome.tenant, outcome.subject, TaskState.CLOSED)
                waiting.close(connection, outcome.tenant, outcome.subject, outcome.recorded_at)
                if decisions.last_epoch(connection, outcome.tenant, outcome.subject):
                    approvals.close_changes(connection, outcome.tenant, outcome.subject)
                outbox.append(connection, outbox.outcome_recorded(outcome))
        return stored, is_new

    def find_outcome(self, tenant: str, subject: str) -> Outcome | None:
        """The outcome recorded about ``subject``."""
        with self._database.read() as connection:
            return outcomes.find(connection, tenant, subject)

    def outcomes(
        self, tenant: str | None, limit: int, *, promised: bool = False
    ) -> list[tuple[Decision, Outcome]]:
        """Oldest first among the newest ``limit``, each with the latest decision about it.

        With ``promised`` only those of subjects about which a proposal met a certificate; the
        decision then has that proposal as its advice.
        """
        with self._database.read() as connection:
            found = outcomes.newest(connection, tenant, limit, promised=promised)
            if not promised:
                return found
            return [
                (one.advised(advices.find(connection, one.tenant, one.subject)), outcome)
                for one, outcome in found
            ]

    def events(self, after: int, limit: int) -> list[Event]:
        """Events of every tenant with an id above ``after``, oldest first."""
        with self._database.read() as connection:
            return outbox.after(connection, after, limit)

    def outcomes_after(self, place: int, limit: int) -> tuple[list[Event], int]:
        """Outcome events of every tenant above ``place``, oldest first, and the next place."""
        with self._database.read() as connection:
            return outbox.outcomes_after(connection, place, limit)

    def _owe(self, connection: Connection, job: Job) -> None:
        if self.enqueue is not None:
            self.enqueue(connection, job)

    def ping(self) -> None:
        """Raise Unavailable when the database does not answer, or cannot be written to."""
        self._database.check()
        with self._database.read() as connection:
            # A page of the database itself: a constant is answered by one that is gone.
            connection.execute(text("SELECT version_num FROM alembic_version"))

    def close(self) -> None:
        """Close every connection; a later call would open new ones."""
        self._database.close()


def _superseding(connection: Connection, decision: Decision) -> list[Event]:
    """Close what waits from before ``decision``; the events of it. Conflict as ``supersede``."""
    closed = approvals.supersede(connection, decision.tenant, decision.subject, decision.epoch)
    return [outbox.superseded(decision, closed)]
