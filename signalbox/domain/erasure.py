"""Erasure: the words about one subject go, what was decided stays, and the chain still verifies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value, Words

ERASED_TEXT = "[erased]"
"""What is read in place of an erased text."""

TEXT_NAMES = frozenset(
    {
        "attributes",
        "consult",
        "content_digest",
        "doubt",
        "evidence",
        "facts",
        "message",
        "note",
        "reason",
        "reasoning",
        "reasons",
        "requester",
        "rule_trace",
        "text",
        "why",
    }
)
"""Columns and fields that hold, quote or may give away what somebody wrote or who asked. Digests of
short texts are among them: those can be guessed."""


class ErasureOrder(Value):
    """Whose texts are to go, on whose word and why. ``reason`` itself is kept for good."""

    tenant: Identifier = "default"
    subject: Identifier
    actor: Name
    reason: Words = Field(min_length=1, max_length=1_000)


class Erasure(Value):
    """One subject, erased. ``new`` is False where it was erased before.

    ``threads`` are the runs about it whose pauses, kept elsewhere, have to go too.
    """

    tenant: Identifier
    subject: Identifier
    erased_at: Moment
    new: bool
    threads: tuple[str, ...] = ()


class Erasures(Protocol):
    """Erasing in the ledger. Every method is safe to repeat."""

    def erase(self, order: ErasureOrder, now: datetime, *, answers: bool = True) -> Erasure:
        """Erase the texts about one task, with its event; ``answers`` forgets remembered ones too.

        NotFound for no such task; Conflict while it is not decided or something about it waits.
        """
        ...

    def asked_by(self, tenant: str, requester: str) -> list[str]:
        """Ids of the tasks that somebody of this name asked for and that are not erased."""
        ...

    def older(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """(tenant, id) of tasks decided before ``before`` that nothing waits about."""
        ...

    def count_older(self, before: datetime) -> int:
        """How many ``older`` would find in all."""
        ...

    def flush(self) -> bool:
        """See to it that the database's files hold no earlier copy; False where others read on."""
        ...


class Pauses(Protocol):
    """The pauses of runs, for what is done without the graph. Every method is safe to repeat."""

    def forget(self, threads: Iterable[str]) -> int:
        """Delete the pauses of these runs; how many there were."""
        ...

    def about(self, tenant: str, subject: str) -> list[str]:
        """The runs about one task that are paused and that no approval waits for."""
        ...

    def settled(self, before: datetime) -> Iterator[list[str]]:
        """Runs paused before ``before`` that nobody's answer is awaited for, page by page."""
        ...

    def flush(self) -> bool:
        """As ``Erasures.flush``."""
        ...

    def close(self) -> None: ...


def blanked(content: Any) -> Any:
    """``content`` without its texts: the same form, as far as the names in ``TEXT_NAMES`` reach.

    Doing it twice changes nothing.
    """
    # Plain types only: this is done to every decision when it is sealed.
    if isinstance(content, dict):
        return {
            name: _blank(value) if name in TEXT_NAMES else blanked(value)
            for name, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [blanked(value) for value in content]
    return content


def _blank(value: object) -> object:
    if isinstance(value, str):
        return ERASED_TEXT
    if isinstance(value, dict):
        return {}
    # A number says nothing in words; one of those names is also that of a step that was timed.
    return [] if isinstance(value, list | tuple) else value
