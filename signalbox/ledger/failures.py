"""From what a database says to what an operator can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from sqlalchemy import exc

from signalbox.domain.errors import BadInput, SignalboxError, Unavailable

# SQLite tells these apart in words only.
_NOT_OURS_TO_OPEN = ("unable to open database", "file is not a database")
_READ_ONLY = ("readonly database", "read-only transaction")
_FAILING = ("disk I/O error", "disk image is malformed")
_FULL = ("disk is full", "No space left on device", "could not extend file")
_BUSY = ("database is locked", "database table is locked")


class Unwritable(Unavailable):
    """The database is there, and takes nothing more until somebody does something about it."""


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
    if opened and any(words in said for words in _NOT_OURS_TO_OPEN):
        return Unwritable(
            f"the database {where} cannot be opened any more: {said}",
            hint="see that its file and folder are there, its own, and that files may be opened",
        )
    if any(words in said for words in _NOT_OURS_TO_OPEN):
        return BadInput(
            f"cannot use the database {where}: {said}",
            hint="set SIGNALBOX_DB to a file in a folder that exists and can be written to",
        )
    if any(words in said for words in _READ_ONLY):
        return Unwritable(
            f"the database {where} cannot be written to: {said}",
            hint="make it writable again; nothing was written, and nothing has to be restarted",
        )
    if any(words in said for words in _FULL):
        return Unwritable(
            f"there is no room left for the database {where}: {said}",
            hint="make room on its disk; nothing was written, and nothing has to be restarted",
        )
    if any(words in said for words in _FAILING):
        return Unwritable(
            f"the file of the database {where} cannot be used: {said}",
            hint="see that its disk is mounted, writable and sound; where the file is damaged, stop"
            " and restore a backup. Nothing was written",
        )
    if any(words in said for words in _BUSY):
        return Unavailable(
            f"the database {where} is busy: {said}",
            hint="another process is writing to it; try again, or use PostgreSQL for many workers",
        )
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
