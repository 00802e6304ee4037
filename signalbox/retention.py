"""Erasing on somebody's word, and letting go of what is old: in the ledger and of its pauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from signalbox.domain.erasure import Erasure, ErasureOrder, Pauses
from signalbox.domain.errors import Conflict
from signalbox.domain.ports import Ledger
from signalbox.settings import RetentionSettings

ACTOR = "system:retention"
# Small enough that a commit which comes meanwhile waits for one of them at most.
TASKS_AT_ONCE, EVENTS_AT_ONCE, TASKS_IN_VIEW = 20, 500, 500
COUNTED = ("texts", "events", "pauses", "answers")


def erase(ledger: Ledger, pauses: Pauses, order: ErasureOrder, now: datetime) -> Erasure:
    """Erase the texts about one task in the ledger, and the pauses of the runs about it.

    Safe to repeat, which finishes what was cut off. Raises as ``Erasures.erase``.
    """
    done = ledger.erasures.erase(order, now)
    pauses.forget([*done.threads, *pauses.about(order.tenant, order.subject)])
    return done


class Retention:
    """What the settings say is to go after so many days."""

    def __init__(self, settings: RetentionSettings, ledger: Ledger, pauses: Pauses) -> None:
        self._settings, self._ledger, self._pauses = settings, ledger, pauses

    def planned(self, now: datetime) -> dict[str, int]:
        """How many texts (of tasks), events and pauses ``steps`` would let go of."""
        counts = dict.fromkeys(COUNTED, 0)
        if (before := _before(now, self._settings.texts_days)) is not None:
            counts["texts"] = self._ledger.erasures.count_older(before)
        if (before := _before(now, self._settings.outbox_days)) is not None:
            counts["events"] = self._ledger.pruning.events_before(before)
        if (before := _before(now, self._settings.checkpoint_days)) is not None:
            counts["pauses"] = sum(map(len, self._pauses.settled(before)))
        return counts

    def steps(self, now: datetime) -> Iterator[Counter[str]]:
        """Let go, a little at every step, which tells what went with it.

        To be taken one after the other, as there is time; what is left goes the next time.
        """
        yield Counter(answers=self._ledger.pruning.forget_keys(now))
        if (before := _before(now, self._settings.texts_days)) is not None:
            yield from self._texts(before, now)
        if (before := _before(now, self._settings.outbox_days)) is not None:
            while self._ledger.audit.seal(EVENTS_AT_ONCE):
                yield Counter()
            while count := self._ledger.pruning.prune_events(before, EVENTS_AT_ONCE):
                yield Counter(events=count)
        if (before := _before(now, self._settings.checkpoint_days)) is not None:
            for page in self._pauses.settled(before):
                yield Counter(pauses=self._pauses.forget(page))

    def _texts(self, before: datetime, now: datetime) -> Iterator[Counter[str]]:
        reason = f"older than {self._settings.texts_days:g} days"
        while page := self._ledger.erasures.older(before, TASKS_IN_VIEW):
            gone = 0
            for start in range(0, len(page), TASKS_AT_ONCE):
                count = self._erase(page[start : start + TASKS_AT_ONCE], now, reason)
                gone += count
                yield Counter(texts=count)
            if not gone:
                return

    def _erase(self, tasks: Sequence[tuple[str, str]], now: datetime, reason: str) -> int:
        count, threads = 0, list[str]()
        for tenant, subject in tasks:
            order = ErasureOrder(tenant=tenant, subject=subject, actor=ACTOR, reason=reason)
            try:
                # Remembered answers are gone before any text is so old.
                done = self._ledger.erasures.erase(order, now, answers=False)
            except Conflict:
                continue  # Something about it has begun to wait since.
            count += done.new
            threads += done.threads
        self._pauses.forget(threads)
        return count


def _before(now: datetime, days: float | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)
