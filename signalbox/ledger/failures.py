"""From what a database says to what an operator can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json import JSONDecodeError

from sqlalchemy import exc

from signalbox.domain.errors import BadInput, SignalboxError, Unavailable


class Unwritable(Unavailable):
    """The database is there, and takes nothing more until somebody does something about it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A failure told by its words alone; ``problem`` has a place for the database's name."""

    words: tuple[str, ...]
    problem: str
    hint: str
    error: type[SignalboxError] = Unwritable
    opened: bool = False
    """Only of a database that was opened before."""


# In this order; the databases tell these apart in words only.
_KNOWN = (
    Known(
        ("unable to open database", "file is not a database"),
        "the database {} cannot be opened any more",
        "see that its file and folder are there, its own, and that files may be opened",
        opened=True,
    ),
    Known(
        ("unable to open database", "file is not a database"),
        "cannot use the database {}",
        "set SIGNALBOX_DB to a file in a folder that exists and can be written to",
        BadInput,
    ),
    Known(
        ("readonly database", "read-only transaction"),
        "the database {} cannot be written to",
        "make it writable again; nothing was written, and nothing has to be restarted",
    ),
    Known(
        ("disk is full", "No space left on device", "could not extend file"),
        "there is no room left for the database {}",
        "make room on its disk; nothing was written, and nothing has to be restarted",
    ),
    Known(
        ("disk I/O error", "disk image is malformed"),
        "the file of the database {} cannot be used",
        "see that its disk is mounted, writable and sound; where the file is damaged, stop and"
        " restore a backup. Nothing was written",
    ),
    Known(
        ("database is locked", "database table is locked"),
        "the database {} is busy",
        "another process is writing to it; try again, or use PostgreSQL for many workers",
        Unavailable,
    ),
    Known(
        ("due to idle-in-transaction timeout",),
        "the database {} was kept waiting and has ended the transaction",
        "nothing was written; try again, and give this process more of the machine if it stays",
        Unavailable,
    ),
    Known(
        ("due to lock timeout",),
        "the database {} is busy",
        "somebody holds what this needs; try again, and see pg_stat_activity if it stays",
        Unavailable,
    ),
)


def explained(
    failure: exc.SQLAlchemyError, where: str, opened: bool = False
) -> SignalboxError | None:
    """The error to show for ``failure`` of the database at ``where``; None for a defect of ours.

    What was ``opened`` before was named rightly: that it cannot be now is nobody's bad input.
    """
    if isinstance(failure, exc.TimeoutError):
        return Unavailable(
            f"every connection to {where} is in use", hint="send less at once, or try again"
        )
    if not isinstance(failure, exc.StatementError):
        return None
    if isinstance(failure.orig, SignalboxError):
        return failure.orig
    said = str(failure.orig).strip()
    for known in _KNOWN:
        if (opened or not known.opened) and any(words in said for words in known.words):
            return known.error(f"{known.problem.format(where)}: {said}", hint=known.hint)
    if isinstance(failure, exc.DataError):
        return BadInput(
            f"the database cannot hold this value: {said}",
            hint="remove NUL characters and shorten long names",
        )
    if isinstance(failure, exc.OperationalError | exc.InterfaceError):
        return Unavailable(
            f"the database {where} does not answer: {said}",
            hint="check that it runs, has room on its disk, and that SIGNALBOX_DB names it",
        )
    return None


@contextmanager
def translated(where: str, opened: bool = False) -> Iterator[None]:
    """Turn the database's errors into ours; ``where`` names it, without its password."""
    try:
        yield
    except JSONDecodeError as failure:
        raise BadInput(
            f"a row of the database {where} cannot be read: {failure}",
            hint="it was changed by hand or damaged: restore it (`signalbox audit verify`)",
        ) from failure
    except exc.SQLAlchemyError as failure:
        error = explained(failure, where, opened)
        if error is None:
            raise
        raise error from failure
