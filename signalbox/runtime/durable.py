"""Owed work on DBOS: enqueued in the ledger's own transaction, done by whichever process is alive.

DBOS keeps its tables in the ledger's database (on PostgreSQL in the schema ``dbos``), which is what
makes the one transaction possible. Its workflows are thin: each waits for a handler on the
engine's event loop, and every handler is safe to repeat since the ledger arbitrates.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine

from signalbox.domain.errors import BadInput, Unavailable
from signalbox.domain.jobs import Handlers, Job
from signalbox.ledger.engine import SILENCE_MS, make_engine
from signalbox.ledger.locks import Lock, alone
from signalbox.ledger.pooling import apart

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

log = logging.getLogger("signalbox.runtime")

NAME = "signalbox"
QUEUE = "signalbox"
# The language that jobs are written in, not the product's version: whoever speaks it may do the
# jobs of an older or a newer process, which is what a rolling upgrade needs.
JOBS_VERSION = "jobs-1"
POLL_S = 0.5
# SQLite knows one writer: more at once would only wait for each other.
AT_ONCE = {"sqlite": 4, "postgresql": 32}
TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
DRAIN_S = 10
KEPT_S = 24 * 3600
PRUNED_AT_ONCE = 500


class Abandoned(BaseException):
    """A job is left as it is because the process stops. No ``Exception``: DBOS would record one as
    the job's outcome, and nobody would do it any more."""


class Durable:
    """The one durable runtime of a process: DBOS knows no second."""

    _running: Durable | None = None

    def __init__(self, url: str, executor: str, handlers: Handlers) -> None:
        """``url`` is the ledger's, ``executor`` an id that no other process has or had."""
        self._url, self._executor, self._handlers = url, executor, handlers
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: DBOSClient | None = None
        self._engine: Engine | None = None
        self._counting = threading.Lock()
        self._under_way, self._left = 0, False
        self.failed = 0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bring DBOS's tables up to date, take up the queue, run handlers on ``loop``. Blocks.

        Raises:
            BadInput: another runtime runs in this process, or jobs wait that this version does not
                know, which a newer or an older one has to do first.
        """
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

        if Durable._running is not None:
            raise BadInput(
                "a durable runtime is already running in this process",
                hint="open one engine with `durable` a process",
            )
        Durable._running, self._loop = self, loop
        serializer = DBOSPortableJSONSerializer()
        sqlite = self._url.startswith("sqlite")
        rest, arguments = apart(self._url)
        DBOS(
            config={
                "name": NAME,
                "system_database_url": rest,
                "db_engine_kwargs": {"connect_args": arguments},
                "application_version": JOBS_VERSION,
                "executor_id": self._executor,
                "serializer": serializer,
                "use_listen_notify": False,
                "log_level": "WARNING",
                "sys_db_pool_size": 5,
                "sys_db_idle_transaction_timeout_sec": SILENCE_MS / 1000,
            }
        )
        for name in self._handlers:
            DBOS.workflow(name=name)(_workflow(name))
        try:
            with alone(self._url, Lock.OTHER_TABLES):
                DBOS.launch()
            # Only our queue: nothing of another application that shares the database.
            DBOS.register_queue(
                QUEUE,
                worker_concurrency=AT_ONCE["sqlite" if sqlite else "postgresql"],
                polling_interval_sec=POLL_S,
            )
            # The client takes no arguments for its connections, only an engine that has them.
            self._engine = make_engine(self._url) if arguments else None
            self._client = DBOSClient(
                system_database_url=rest,
                system_database_engine=self._engine,
                serializer=serializer,
                application_name=NAME,
                sys_db_idle_transaction_timeout_sec=SILENCE_MS / 1000,
                lazy=True,
            )
            self._check_known()
        except BaseException:
            self.stop(drain_s=0)
            raise

    def enqueue(self, connection: object, job: Job) -> None:
        """As ``signalbox.domain.jobs.Enqueue``. Does nothing for a job that is owed already."""
        assert self._client is not None
        options: EnqueueOptions = {
            "workflow_name": job.name,
            "queue_name": QUEUE,
            "workflow_id": job.id,
            "app_version": JOBS_VERSION,
        }
        if job.delay_s > 0:
            options["delay_seconds"] = job.delay_s
        self._client.enqueue_in_transaction(
            cast(Connection, connection), options, job.tenant, job.about
        )

    def take_over(self, executor: str) -> int:
        """Put what a dead process had begun back on the queue. Number of jobs."""
        from dbos import DBOS

        # The public way would be ``resume_workflow``, which does not ask whose the job still is.
        return len(DBOS._recover_pending_workflows([executor]))

    def prune(self) -> int:
        """Forget jobs that were done long ago. Number forgotten, at most ``PRUNED_AT_ONCE``."""
        assert self._client is not None
        before = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - KEPT_S))
        old = self._client.list_workflows(
            status="SUCCESS",
            end_time=before,
            limit=PRUNED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if old:
            self._client.delete_workflows([one.workflow_id for one in old])
        return len(old)

    def stop(self, drain_s: int = DRAIN_S) -> bool:
        """Take up nothing new, wait for what is under way, at most ``drain_s``. Blocks.

        What is not done by then stays owed: another process does it, or the next start. Whether
        everything was done.
        """
        from dbos import DBOS

        self._stopping.set()
        DBOS.destroy(workflow_completion_timeout_sec=drain_s, destroy_registry=True)
        with self._counting:
            finished = self._under_way == 0 and not self._left
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if Durable._running is self:
            Durable._running = None
        return finished

    def do(self, name: str, tenant: str, about: str) -> None:
        """Do one job to its end; a database that is away is waited for. Called on DBOS's threads.

        Raises what the handler raises when it has failed ``TRIES`` times for any other reason.
        """
        with self._counting:
            self._under_way += 1
        try:
            self._do(name, tenant, about)
        finally:
            with self._counting:
                self._under_way -= 1

    def _do(self, name: str, tenant: str, about: str) -> None:
        tries, wait = 0, FIRST_WAIT_S
        while True:
            try:
                self._once(name, tenant, about)
                return
            except Unavailable as error:
                log.debug("%s %s waits: %s", name, about, error)
            except Exception as error:
                tries += 1
                if tries >= TRIES:
                    self.failed += 1
                    log.error("gave up %s of %s: %s", name, about, error)
                    raise
            if self._stopping.wait(wait):
                self._left = True
                raise Abandoned
            wait = min(LONGEST_WAIT_S, wait * 2)

    def _once(self, name: str, tenant: str, about: str) -> None:
        assert self._loop is not None
        work = self._handlers[name](tenant, about)
        asyncio.run_coroutine_threadsafe(_awaited(work), self._loop).result()

    def _check_known(self) -> None:
        assert self._client is not None
        waiting = self._client.list_workflows(
            status=["ENQUEUED", "DELAYED", "PENDING"], load_input=False, load_output=False
        )
        unknown = sorted(
            {
                one.name
                for one in waiting
                if one.name not in self._handlers or one.app_version not in (None, JOBS_VERSION)
            }
        )
        if unknown:
            raise BadInput(
                f"jobs wait that this version does not know: {', '.join(unknown)}",
                hint="let the version that enqueued them finish, then start this one; nothing was"
                " changed",
            )


def _workflow(name: str) -> Any:
    def run(tenant: str, about: str) -> None:
        running = Durable._running
        if running is None:
            raise Abandoned
        running.do(name, tenant, about)

    return run


async def _awaited(work: Any) -> None:
    await work
