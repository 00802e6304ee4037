"""What is owed, by name: each of these is safe to repeat, and does nothing where it was done."""

from __future__ import annotations

import logging

from graphs.dispatcher import Dispatcher
from graphs.lanes import Lane
from signalbox.domain import jobs
from signalbox.domain.autonomy import Held
from signalbox.domain.enums import TaskState
from signalbox.domain.jobs import Handlers
from signalbox.domain.ports import Ledger

log = logging.getLogger("signalbox.runtime")


class Owed:
    """The handlers of the jobs that a ledger enqueues, on one dispatcher."""

    def __init__(self, dispatcher: Dispatcher, ledger: Ledger, reads: Lane) -> None:
        self._dispatcher, self._ledger, self._reads = dispatcher, ledger, reads

    def handlers(self) -> Handlers:
        """By the name of the job."""
        return {
            jobs.DECIDE: self.decide,
            jobs.RESUME: self.resume,
            jobs.TIMEOUT: self.timeout,
        }

    async def decide(self, tenant: str, id: str) -> None:
        """Decide a task that was accepted, if whoever accepted it has not."""
        found = await self._reads.run(self._ledger.find_task, tenant, id)
        if found is not None and found[1] is TaskState.RECEIVED:
            await self._dispatcher.decide(found[0])

    async def resume(self, tenant: str, id: str) -> None:
        """Carry out an answer, or the lack of one, if whoever took it has not."""
        try:
            await self._dispatcher.carry_out(tenant, id)
        except Held as held:
            # Done when the switch is: every process then looks for what was answered meanwhile.
            log.info("the answer to %s is held: %s", id, held)

    async def timeout(self, tenant: str, id: str) -> None:
        """Deny what nobody answered in time. Others that are due go with it."""
        await self._dispatcher.expire()
