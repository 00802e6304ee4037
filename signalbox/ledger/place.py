"""The file a SQLite database lies in: whether it is still the one that was opened.

A file that was deleted goes on taking what is written to it through connections that are open, and
all of it is gone with the last of them; a connection opened later makes another, empty file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from signalbox.domain.errors import Unavailable
from signalbox.ledger.engine import in_memory


class Place:
    """Remembers the file from the first connection on; knows nothing of any other database."""

    def __init__(self, engine: Engine) -> None:
        url = engine.url
        self._where = url.render_as_string(hide_password=True)
        self._path: Path | None = None
        self._file: tuple[int, int] | None = None
        if url.get_backend_name() == "sqlite" and not (in_memory(url) or url.query.get("uri")):
            # As it was at the start: a later change of folder is not to look elsewhere.
            self._path = Path(url.database or "").absolute()
            event.listen(engine, "do_connect", self._before)
            event.listen(engine, "connect", self._after)

    @property
    def opened(self) -> bool:
        """Whether a file was opened yet."""
        return self._file is not None

    def check(self) -> None:
        """Raise Unavailable where the file is gone, or another one lies in its place."""
        if self._path is None or self._file is None:
            return
        try:
            found = self._path.stat()
        except OSError as error:
            raise Unavailable(
                f"the database {self._where} is gone: {error.strerror}",
                hint="stop the process, put the file back from a backup, start again",
            ) from None
        if self._file != (found.st_dev, found.st_ino):
            raise Unavailable(
                f"another file lies where the database {self._where} was opened",
                hint="stop the process, remove the -wal and -shm files beside it, which belong to"
                " the one before, and start again",
            )

    def forget(self) -> None:
        """Take the next file that is opened for the one that counts."""
        self._file = None

    def _before(self, *_: Any) -> None:
        self.check()

    def _after(self, *_: Any) -> None:
        if self._path is not None and self._file is None:
            found = self._path.stat()
            self._file = (found.st_dev, found.st_ino)
