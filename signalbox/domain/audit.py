"""The audit log: a chain of digests over everything that happened, and what checking it finds."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from pydantic import Field

from signalbox.domain.base import Value, canonical_json
from signalbox.domain.decision import Decision
from signalbox.domain.errors import SignalboxError
from signalbox.domain.task import Task

GENESIS = "0" * 64
ERASED = "subject.erased"
"""Event of an erasure: no text is to be found in whatever is about its subject, from then on."""
PRUNED = "retention.pruned"
"""Event of letting go of old events: those up to ``through`` of the common kinds may be gone."""
PLAIN, KEYED = "sha256:", "hmac-sha256:"


class SealKey(NamedTuple):
    """What rows are sealed with, and from which place in the chain on."""

    secret: bytes
    since: int = 1


class Tampered(SignalboxError):
    """The chain does not hold any more what this process has sealed."""

    code = "tampered"
    status = 500


class Flaw(Value):
    """One thing that is not as it was sealed; ``seq`` is its place in the chain, if it has one."""

    seq: int | None
    what: str


class AuditReport(Value):
    """What checking found. ``head`` is the hash of the last row, to be kept elsewhere; ``unsealed``
    counts events that are newer than the last seal, ``late`` those that were sealed more than a
    minute after they happened, ``erasures`` the subjects that were erased."""

    rows: int
    decisions: int
    erasures: int
    head: str
    unsealed: int
    late: int = 0
    flaws: tuple[Flaw, ...] = Field(max_length=1_000)

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, removed, added or reordered."""
        return not self.flaws


class Audit(Protocol):
    """The chain in the ledger."""

    problem: str
    """What has become of what this process has sealed; empty while it is there."""

    def seal(self, limit: int) -> int:
        """Chain the next events, at most ``limit``; how many. By one process at a time."""
        ...

    def head(self) -> tuple[int, str]:
        """Place and hash of the last row; (0, GENESIS) before the first."""
        ...

    def recorded(
        self, since: datetime | None, limit: int | None
    ) -> Iterator[tuple[Decision, Task | None]]:
        """Decisions of all tenants with their tasks, oldest first; the newest ``limit``."""
        ...

    def verify(self, *, since: datetime | None, expect_head: str | None) -> AuditReport:
        """Walk the chain and hold it against the rows it speaks of."""
        ...


def link(
    previous: str, seq: int, content: Sequence[object], key: bytes | None, like: str | None = None
) -> str:
    """The hash of a row: of its place, what it says and the hash before it.

    With ``key`` an HMAC (RFC 2104), which nobody can make anew who has the database alone. ``like``
    asks for the kind of an existing hash instead; "" where that takes a key and none is given.
    """
    keyed = key is not None if like is None else like.startswith(KEYED)
    said = canonical_json([previous, seq, *content]).encode("utf-8", "surrogatepass")
    if not keyed:
        return PLAIN + sha256(said).hexdigest()
    return "" if key is None else KEYED + hmac.new(key, said, sha256).hexdigest()
