"""What an event stands for: the rows it was written with, as digests.

Only rows that are final are covered: decisions, outcomes, approvals that are settled or superseded,
with their votes, and of tasks all but their state. Each digest comes twice: without the texts,
which an erasure may take away, and with them and a salt, so that nobody guesses an erased text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from signalbox.domain.audit import ERASED, PRUNED
from signalbox.domain.base import digest_of
from signalbox.domain.erasure import blanked
from signalbox.ledger.audit_rows import About, Spoken, rows_of

FOR_GOOD = frozenset({ERASED, PRUNED})
"""Events whose words are kept for good: they say what was done to all others."""


@dataclass(frozen=True, slots=True)
class Content:
    """Digests of an event (None where it is gone) and of its rows, without texts and with them.

    ``blank`` says that no text is left in any of them, ``missing`` which row is gone altogether.
    """

    subject: str
    event: str | None
    said: str | None
    rows: str
    texts: str
    blank: bool
    missing: str


def whole(event: str, said: str, rows: str, texts: str) -> str:
    """The one digest of all four that the chain is made of."""
    return digest_of([event, said, rows, texts])


def contents(connection: Connection, spoken: Sequence[Spoken]) -> list[Content]:
    """For each the digests of what it is about as that is now."""
    return [
        _content(one, rows) for one, rows in zip(spoken, rows_of(connection, spoken), strict=True)
    ]


def _content(one: Spoken, about: About) -> Content:
    event, data = one.event, None if one.event is None else one.event.data
    kept = one.type in FOR_GOOD
    head: list[Any] | None = None
    if event is not None:
        head = [event.id, event.tenant, event.type, event.subject, event.created_at.isoformat()]
        head.append(data if kept else blanked(data))
    rows = about.rows
    bare = rows if kept else blanked(rows)
    return Content(
        subject=about.subject,
        event=None if head is None else digest_of(head),
        said=None if data is None else digest_of([one.salt, data]),
        rows=digest_of(bare),
        texts=digest_of([one.salt, rows, about.erased_at]),
        blank=bare == rows and (data is None or blanked(data) == data),
        missing=about.missing,
    )
