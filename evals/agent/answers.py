"""The answers of a reasoning model, one JSON line each: paid for once, kept whatever happens."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import Field, ValidationError

from agents.failures import CORRECTABLE, FailureKind
from agents.features import Sample
from signalbox.domain.base import Value
from signalbox.domain.errors import BadInput, Conflict

# The model answered, and so badly that it counts. Every other failure is the host's or ours.
_THE_MODELS = CORRECTABLE | {FailureKind.TRUNCATED, FailureKind.REFUSED}


class Asked(NamedTuple):
    """What an answer is kept under. ``model`` as it was asked for, ``prompt`` its digest."""

    case: str
    prompt: str
    model: str
    dialect: str
    sample: int


class Answered(Value):
    """One answer, or why there was none. No text of the case or of the reasoning is kept.

    ``reported`` is the model as the host named it, ``elapsed_s`` the time from question to answer.
    """

    case: str
    prompt: str
    model: str
    dialect: str
    sample: int = Field(ge=0)
    prompt_version: str
    said: Sample | None = None
    failure: FailureKind | None = None
    reported: str = ""
    cost_usd: float = 0.0
    elapsed_s: float = 0.0
    at: datetime

    @property
    def key(self) -> Asked:
        return Asked(self.case, self.prompt, self.model, self.dialect, self.sample)

    @property
    def final(self) -> bool:
        """Whether asking again would only be a second try for the model."""
        return self.said is not None or self.failure in _THE_MODELS


class Answers:
    """Answers by what was asked, in a file that is flushed to disk line by line.

    ``path`` None keeps them in memory. A broken last line, as a killed process leaves it, is cut
    off. Close it, or use it as a context manager.

    Raises:
        BadInput: the file cannot be written, or another line of it cannot be read.
        Conflict: another run is writing it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.reused = 0
        self.cost_usd = 0.0
        self._by_key: dict[Asked, list[Answered]] = {}
        self._file: BinaryIO | None = None
        if path is not None:
            self._file = self._open(path)
            try:
                self._load(path, self._file)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def find(self, asked: Asked) -> Answered | None:
        """The final answer to ``asked``, or None where it is still to be asked."""
        known = self._by_key.get(asked)
        return known[-1] if known and known[-1].final else None

    def last(self, asked: Asked) -> Answered | None:
        """What came of it the last time it was asked."""
        known = self._by_key.get(asked)
        return known[-1] if known else None

    def spent(self, asked: Asked) -> float:
        """US dollars that all tries at ``asked`` came to."""
        return sum(one.cost_usd for one in self._by_key.get(asked, ()))

    def keep(self, answered: Answered) -> None:
        """Remember it, on disk before this returns."""
        self.cost_usd += answered.cost_usd
        self._by_key.setdefault(answered.key, []).append(answered)
        if self._file is None:
            return
        try:
            self._file.write(answered.model_dump_json().encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise BadInput(
                f"{self.path}: cannot be written ({error.strerror})", hint="free some space"
            ) from error

    def _open(self, path: Path) -> BinaryIO:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise BadInput(
                f"{path}: cannot be written ({error.strerror})", hint="name another with --cache"
            ) from None
        with contextlib.suppress(ImportError):  # No such locks on Windows.
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                raise Conflict(
                    f"{path} is being written by another run", hint="wait for it to end"
                ) from None
        return file

    def _load(self, path: Path, file: BinaryIO) -> None:
        file.seek(0)
        lines = file.read().split(b"\n")
        whole = 0
        for number, line in enumerate(lines, 1):
            last = number >= len(lines) - 1 and not any(lines[number:])
            try:
                found = Answered.model_validate_json(line) if line else None
            except ValidationError as error:
                if last:
                    break
                raise BadInput(
                    f"{path}, line {number}: not an answer ({error.errors()[0]['msg']})",
                    hint="remove the line, or name another file with --cache",
                ) from None
            if number == len(lines):
                if line:  # Without its end it was not flushed as a whole.
                    break
                return
            whole += len(line) + 1
            if found is not None:
                self._by_key.setdefault(found.key, []).append(found)
        file.truncate(whole)
