"""Rows out of a CSV, JSON-lines or Parquet file, refusing what cannot be read exactly."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.json_lines import json_rows
from signalbox.learning.limits import Limits
from signalbox.learning.lines import lines_of
from signalbox.learning.sniff import AS_CSV, looks_like

_KINDS = "use .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet"
_FIXES = {
    "xlsx": AS_CSV,
    "xls": AS_CSV,
    "ods": AS_CSV,
    "json": "one JSON object on each line, named .jsonl: jq -c '.[]' FILE > rows.jsonl",
    "tsv": "put commas for the tabs and name it .csv: "
    "python -c 'import csv,sys; "
    'csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter="\\t"))\' < FILE > rows.csv',
    "zip": "unpack it first",
}


@dataclass(frozen=True)
class Source:
    """Column names, and rows as (line in the file, values in column order)."""

    name: str
    columns: list[str]
    rows: Iterator[tuple[int, list[str]]]


def open_source(path: Path, limits: Limits, *, repeats: bool = False) -> Source:
    """Open by extension; BadInput for a missing, empty or unknown file.

    With ``repeats`` two columns of a CSV file may have one name: whoever reads one has to check.
    """
    _require_file(path)
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        return _parquet(path, limits)
    if kind in ("jsonl", "ndjson"):
        names, records = json_rows(path, limits)
        rows = ((line, [record.get(name, "") for name in names]) for line, record in records)
        return Source(str(path), names, rows)
    if kind == "csv":
        return _csv(path, limits, repeats)
    raise BadInput(f"{path}: unknown kind of file", hint=_FIXES.get(kind, _KINDS))


def _require_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise BadInput(f"{path}: a folder, not a file", hint="name the file in it")
        if not path.is_file():
            raise BadInput(f"{path}: no such file", hint="check the path")
        size = path.stat().st_size
    except OSError as error:
        raise BadInput(
            f"{str(path)[:200]}: cannot be opened ({error.strerror})",
            hint="check the path",
        ) from None
    if size == 0:
        raise BadInput(f"{path}: the file is empty", hint="export the rows again")


def _csv(path: Path, limits: Limits, repeats: bool) -> Source:
    # The csv module's own limit is 128 KiB a field; ours is checked later, with the column's name.
    csv.field_size_limit(max(csv.field_size_limit(), limits.line_bytes))
    reader = csv.reader(lines_of(path, limits), strict=True)
    header = _next_record(path, reader)
    if header is None or not any(name.strip() for name in header):
        raise BadInput(f"{path}, line 1: no header", hint="the first line must name the columns")
    other = looks_like(header[0])
    if other:
        raise BadInput(f"{path}, line 1: {other[0]}", hint=other[1])
    columns = [name.strip() for name in header]
    _check_columns(path, columns, limits, repeats)

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
        hint = 'double quotation marks inside a quoted field: "" for "'
        if "new-line character" in str(error):
            hint = "lines end in a carriage return alone: tr '\\r' '\\n' < FILE > new.csv"
        elif "unexpected end" in str(error):
            hint = "a quotation mark is opened and never closed: close it, or double it if meant"
        raise BadInput(
            f"{path}, line {reader.line_num}: not well-formed CSV "
            f"({str(error).partition(' - ')[0]})",
            hint=hint,
        ) from None


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
        except (duckdb.Error, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadInput(
                f"{path}: not a readable Parquet file ({reason[:300]})", hint="export it again"
            ) from None
    _check_columns(path, columns, limits)
    return Source(
        str(path),
        columns,
        ((i, ["" if v is None else str(v) for v in r]) for i, r in enumerate(fetched, start=1)),
    )


def _check_columns(path: Path, columns: list[str], limits: Limits, repeats: bool = False) -> None:
    if len(columns) > limits.columns:
        raise TooLarge(
            f"{path}, line 1: {len(columns):,} columns, limit {limits.columns:,}",
            hint="export the few columns that are needed; missing line ends also look like this",
        )
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice and not repeats:
        raise BadInput(f"{path}, line 1: column {twice[0][:60]!r} twice", hint="rename one of them")
