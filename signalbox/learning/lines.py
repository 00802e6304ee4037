"""The lines of a text file, plain or gzip, bounded and decoded strictly."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits
from signalbox.learning.sniff import HEAD, refuse_foreign

_BOM = b"\xef\xbb\xbf"


def lines_of(path: Path, limits: Limits) -> Iterator[str]:
    """Decoded lines; stops at the first byte that is not UTF-8, at NUL and at the size limits."""
    size, number = 0, 0
    with _opened(path) as stream:
        while True:
            raw = _next_line(path, stream, number, limits.line_bytes)
            if not raw:
                return
            number += 1
            size += len(raw)
            if size > limits.file_bytes:
                raise TooLarge(
                    f"{path}: more than {limits.file_bytes:,} bytes when decompressed",
                    hint="learn from the most recent rows",
                )
            if len(raw) > limits.line_bytes:
                raise TooLarge(
                    f"{path}, line {number}: a line of more than {limits.line_bytes:,} bytes",
                    hint="one row is at most a few thousand characters: shorten the field; an "
                    "unclosed quotation mark or missing line ends also look like this",
                )
            if number == 1:
                refuse_foreign(str(path), raw[:HEAD])
                raw = raw.removeprefix(_BOM)
            if b"\0" in raw:
                raise BadInput(
                    f"{path}, line {number}, byte {raw.index(0) + 1}: a NUL byte",
                    hint="remove it (tr -d '\\000'), or export the file again: it may be damaged",
                )
            yield _decoded(path, number, raw)


def _opened(path: Path) -> IO[bytes]:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        return cast("IO[bytes]", opener(path, "rb"))
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be opened ({error.strerror})", hint="check its permissions"
        ) from None


def _next_line(path: Path, stream: IO[bytes], number: int, longest: int) -> bytes:
    try:
        # Bounded: a gzip file of a few kilobytes may hold one line of gigabytes.
        return stream.readline(longest + 1)
    except gzip.BadGzipFile as error:
        if number:
            raise _cut_short(path, number, error) from None
        raise BadInput(
            f"{path}: named .gz, but not gzip", hint="take .gz off the name, or compress it: gzip"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise _cut_short(path, number, error) from None


def _cut_short(path: Path, number: int, error: Exception) -> BadInput:
    return BadInput(
        f"{path}: cannot be read or decompressed after line {number} ({error})",
        hint="the file is cut short or damaged: copy or export it again",
    )


def _decoded(path: Path, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}, line {number}, byte {error.start + 1}: not UTF-8 (0x{raw[error.start]:02x})",
            hint="convert the whole file to UTF-8, for example "
            "iconv -f WINDOWS-1252 -t UTF-8; other lines may already be UTF-8",
        ) from None
