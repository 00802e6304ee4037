"""Rows out of a CSV, JSON-lines or Parquet file, refusing what cannot be read exactly."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits


@dataclass(frozen=True)
class Source:
    """Column names, and rows as (line in the file, values in column order)."""

    name: str
    columns: list[str]
    rows: Iterator[tuple[int, list[str]]]


def open_source(path: Path, limits: Limits) -> Source:
    """Open by extension; BadInput for a missing, empty or unknown file."""
    if not path.is_file():
        raise BadInput(f"{path}: no such file", hint="check the path given to --data")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: the file is empty", hint="export the rows again")
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if kind == "parquet":
        return _parquet(path, limits)
    if kind in ("jsonl", "ndjson"):
        return _jsonl(path, limits)
    if kind == "csv":
        return _csv(path, limits)
    raise BadInput(
        f"{path}: unknown kind of file",
        hint="use .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet",
    )


def _lines(path: Path, limits: Limits) -> Iterator[str]:
    """Decoded lines; stops at the first byte that is not UTF-8, at NUL and at the size limit."""
    size = 0
    opener = gzip.open if path.name.endswith(".gz") else open
    with cast("IO[bytes]", opener(path, "rb")) as stream:
        number = 0
        while True:
            try:
                raw = stream.readline()
            except (OSError, EOFError, zlib.error) as error:
                raise BadInput(
                    f"{path}: cannot be decompressed after line {number} ({error})",
                    hint="the file is cut short or not gzip: copy or export it again",
                ) from error
            if not raw:
                return
            number += 1
            size += len(raw)
            if size > limits.file_bytes:
                raise TooLarge(
                    f"{path}: more than {limits.file_bytes:,} bytes when decompressed",
                    hint="learn from the most recent rows",
                )
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if b"\0" in raw:
                raise BadInput(
                    f"{path}, line {number}, byte {raw.index(0) + 1}: a NUL byte",
                    hint="the file is UTF-16 or damaged: save it as UTF-8 text",
                )
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadInput(
                    f"{path}, line {number}, byte {error.start + 1}: not UTF-8 "
                    f"(0x{raw[error.start]:02x})",
                    hint="convert the whole file to UTF-8, for example "
                    "iconv -f WINDOWS-1252 -t UTF-8; other lines may already be UTF-8",
                ) from None


def _csv(path: Path, limits: Limits) -> Source:
    # The csv module's own limit is 128 KiB a field; ours is checked later, with the column's name.
    csv.field_size_limit(max(csv.field_size_limit(), 32 * 1024**2))
    reader = csv.reader(_lines(path, limits), strict=True)
    header = _next_record(path, reader)
    if header is None or not any(name.strip() for name in header):
        raise BadInput(f"{path}, line 1: no header", hint="the first line must name the columns")
    columns = [name.strip() for name in header]
    _reject_duplicates(path, columns)

    def rows() -> Iterator[tuple[int, list[str]]]:
        while True:
            line = reader.line_num + 1
            record = _next_record(path, reader)
            if record is None:
                return
            if not record:
                continue
            if len(record) != len(columns):
                raise BadInput(
                    f"{path}, line {line}: {len(record)} fields where the header has "
                    f"{len(columns)}",
                    hint="quote fields that hold commas or line breaks",
                )
            yield line, record

    return Source(str(path), columns, rows())


def _next_record(path: Path, reader: Any) -> list[str] | None:
    try:
        return cast("list[str]", next(reader))
    except StopIteration:
        return None
    except csv.Error as error:
        if "field larger" in str(error):
            raise TooLarge(
                f"{path}, line {reader.line_num}: a field of more than 32 MiB",
                hint="shorten the field; an unclosed quotation mark also looks like this",
            ) from None
        raise BadInput(
            f"{path}, line {reader.line_num}: not well-formed CSV ({error})",
            hint='double quotation marks inside a quoted field: "" for "',
        ) from None


def _jsonl(path: Path, limits: Limits) -> Source:
    records: list[tuple[int, dict[str, str]]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(_lines(path, limits), start=1):
        if not line.strip():
            continue
        if len(records) > limits.rows:
            break
        try:
            record = json.loads(line, object_pairs_hook=_pairs)
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"{path}, line {number}: not valid JSON ({error})",
                hint="one JSON object on each line",
            ) from None
        if not isinstance(record, dict):
            raise BadInput(
                f"{path}, line {number}: not a JSON object", hint="one JSON object on each line"
            )
        for name, value in record.items():
            if isinstance(value, dict | list):
                raise BadInput(
                    f"{path}, line {number}, field {name!r}: nested value",
                    hint="only text, numbers, true, false and null",
                )
        columns.update(dict.fromkeys(record))
        records.append((number, {name: _as_text(value) for name, value in record.items()}))
    if not records:
        raise BadInput(f"{path}: no rows", hint="one JSON object on each line")
    names = list(columns)
    return Source(str(path), names, ((n, [r.get(c, "") for c in names]) for n, r in records))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("the same field twice in one object")
    return record


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parquet(path: Path, limits: Limits) -> Source:
    import duckdb

    with duckdb.connect() as connection:
        try:
            cursor = connection.execute(
                # As text, so that times and decimals need no further library to be fetched.
                "select columns(*)::varchar from read_parquet(?) limit ?",
                [str(path), limits.rows + 1],
            )
            columns = [column[0] for column in cursor.description or []]
            fetched = cursor.fetchall()
        except duckdb.Error as error:
            raise BadInput(
                f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})",
                hint="export the file again",
            ) from None
    _reject_duplicates(path, columns)
    return Source(
        str(path), columns, ((i, [_as_text(v) for v in r]) for i, r in enumerate(fetched, start=1))
    )


def _reject_duplicates(path: Path, columns: list[str]) -> None:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadInput(f"{path}, line 1: column {twice[0]!r} twice", hint="rename one of them")
