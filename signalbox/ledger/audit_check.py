"""One walk along the chain, held against the rows it speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from signalbox.domain.audit import ERASED, GENESIS, KEYED, PRUNED, AuditReport, Flaw, SealKey, link
from signalbox.domain.outcome import Event
from signalbox.ledger import outbox
from signalbox.ledger.audit_content import Content, contents, whole
from signalbox.ledger.audit_orphans import orphans
from signalbox.ledger.audit_rows import Spoken
from signalbox.ledger.audit_tables import audit, hashed, last, ref_of
from signalbox.ledger.tables import outbox as events_table

PAGE = 500
MOST_FLAWS = 100
LATE = timedelta(minutes=1)
Row = dict[str, Any]


class Check:
    """One walk. Flat in memory: a page at a time, and no more than so many flaws."""

    def __init__(
        self,
        connection: Connection,
        key: SealKey | None,
        since: datetime | None,
        expect_head: str | None,
    ) -> None:
        self._connection, self._key = connection, key
        self._since, self._expected = since, expect_head
        self._flaws: list[Flaw] = []
        self._late, self._unkeyed = 0, 0
        _, _, self._end = last(connection)
        self._fresh_erased = self._newly_erased()
        self._pruned = self._pruned_through()

    def run(self) -> AuditReport:
        """The report. Reads everything twice at most: by the chain, and for what is not in it."""
        seq, head, place = self._start()
        kinds: Counter[str] = Counter()
        seen = self._expected in (None, head)
        for page in self._pages(seq):
            events = self._events([row["outbox_id"] for row in page])
            spoken = [
                Spoken(
                    row["tenant"],
                    row["type"],
                    row["ref"],
                    row["salt"],
                    events.get(row["outbox_id"]),
                )
                for row in page
            ]
            for row, one, now in zip(page, spoken, contents(self._connection, spoken), strict=True):
                seq += 1
                self._link(row, seq, head, place)
                self._content(row, one.event, now)
                seq, head, place = row["seq"], row["hash"], row["outbox_id"]
                kinds[row["type"]] += 1
                seen = seen or head == self._expected
        if not seen:
            self._flaw(None, "the expected head is not in the chain: rows at its end were removed")
        if self._unkeyed:
            self._flaw(
                None,
                f"{self._unkeyed} rows were not made with the key; where it came later, set"
                " SIGNALBOX_AUDIT_KEY_SINCE to the first row that was",
            )
        unsealed = self._unsealed(place)
        return AuditReport(
            rows=sum(kinds.values()),
            decisions=kinds[outbox.DECISION_COMMITTED],
            erasures=kinds[ERASED] + len(self._fresh_erased),
            head=head,
            unsealed=unsealed,
            late=self._late,
            flaws=tuple(self._flaws),
        )

    def _start(self) -> tuple[int, str, int]:
        """(place, hash, event) before the first row to be looked at."""
        if self._since is None:
            return 0, GENESIS, 0
        query = (
            select(audit)
            .where(audit.c.sealed_at < self._since)
            .order_by(audit.c.seq.desc())
            .limit(1)
        )
        row = self._connection.execute(query).mappings().first()
        return (0, GENESIS, 0) if row is None else (row["seq"], row["hash"], row["outbox_id"])

    def _pages(self, after: int) -> Iterator[list[Row]]:
        while True:
            query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(PAGE)
            page = [dict(row) for row in self._connection.execute(query).mappings()]
            if not page:
                return
            yield page
            after = page[-1]["seq"]

    def _link(self, row: Row, seq: int, head: str, place: int) -> None:
        if row["seq"] != seq:
            self._flaw(seq, f"row {seq} is missing; the next one is {row['seq']}")
            return
        secret = self._key and self._key.secret
        made = link(head, seq, hashed(row), secret, like=str(row["hash"]))
        if self._key and seq >= self._key.since and not str(row["hash"]).startswith(KEYED):
            self._unkeyed += 1
        if not made:
            self._flaw(seq, "was made with a key: set SIGNALBOX_AUDIT_KEY to check it")
        elif made != row["hash"]:
            self._flaw(seq, "does not follow from the row before it")
        if row["outbox_id"] <= place:
            self._flaw(seq, "its event comes before that of the row before it")

    def _content(self, row: Row, event: Event | None, now: Content) -> None:
        seq, about = row["seq"], f"{row['type']} about {now.subject or row['ref']}"
        if event is not None and row["sealed_at"] - event.created_at > LATE:
            self._late += 1
        if event is None:
            if row["outbox_id"] > self._pruned or row["type"] not in outbox.PRUNABLE:
                self._flaw(seq, f"event {row['outbox_id']} is gone")
                return
        elif (row["tenant"], row["type"], row["ref"]) != (event.tenant, event.type, ref_of(event)):
            self._flaw(seq, f"is filed under another name than event {event.id}")
            return
        kept = (row["event"], row["said"], row["texts"])
        found = (now.event or row["event"], now.said or row["said"], now.texts)
        if kept == found and whole(*found[:2], now.rows, now.texts) == row["content"]:
            return
        if self._is_erased(row, now):
            # The texts are gone; that they were the sealed ones, the digest kept of them tells.
            same = whole(found[0], row["said"], now.rows, row["texts"]) == row["content"]
            if now.blank and row["salt"] is None and found[0] == row["event"] and same:
                return
            if not now.missing and not now.blank:
                self._flaw(seq, f"{about}: a text stands where one was erased")
                return
        self._flaw(seq, f"{about}: {now.missing or 'something in it was changed'}")

    def _is_erased(self, row: Row, now: Content) -> bool:
        if (row["tenant"], now.subject) in self._fresh_erased:
            return True
        query = select(audit.c.seq).where(
            audit.c.ref == now.subject,
            audit.c.type == ERASED,
            audit.c.tenant == row["tenant"],
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def _newly_erased(self) -> set[tuple[str, str]]:
        """Erasures that are not sealed yet."""
        query = select(events_table.c.tenant, events_table.c.subject).where(
            events_table.c.id > self._end, events_table.c.type == ERASED
        )
        return {(row.tenant, row.subject) for row in self._connection.execute(query)}

    def _pruned_through(self) -> int:
        """The event up to which events of the common kinds need not be there any more."""
        sealed = select(audit.c.outbox_id).where(
            audit.c.ref == outbox.RETENTION, audit.c.type == PRUNED
        )
        query = select(events_table.c.data).where(
            events_table.c.type == PRUNED,
            events_table.c.id.in_(sealed) | (events_table.c.id > self._end),
        )
        through = [row.data.get("through", 0) for row in self._connection.execute(query)]
        return max((one for one in through if isinstance(one, int)), default=0)

    def _unsealed(self, place: int) -> int:
        """How many events are newer than the chain; and rows that no event speaks of."""
        newer = events_table.c.id > place
        query = select(events_table.c.type, events_table.c.data, events_table.c.subject)
        fresh, count = set(), 0
        for row in self._connection.execute(query.where(newer)):
            fresh |= {ref_of(row), row.subject}
            count += 1
        for what in orphans(self._connection, fresh, MOST_FLAWS):
            self._flaw(None, what)
        gaps = (
            select(func.count())
            .select_from(events_table.outerjoin(audit, audit.c.outbox_id == events_table.c.id))
            .where(audit.c.seq.is_(None), events_table.c.id <= place)
        )
        if behind := self._connection.scalar(gaps):
            self._flaw(None, f"{behind} events were put in behind the chain")
        return count

    def _events(self, ids: list[object]) -> dict[int, Event]:
        query = select(events_table).where(events_table.c.id.in_(ids))
        rows = self._connection.execute(query).mappings()
        return {row["id"]: Event.model_validate(dict(row)) for row in rows}

    def _flaw(self, seq: int | None, what: str) -> None:
        if len(self._flaws) < MOST_FLAWS:
            self._flaws.append(Flaw(seq=seq, what=what))
