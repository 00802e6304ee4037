from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.table import Limits, read_table

GOOD = "text,team,opened,number\nhello,a,2026-01-02 10:00:00,1\nbye,b,2026-01-01T09:00:00Z,2\n"


def write(tmp_path: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_reads_csv_with_times_and_ids(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + GOOD)
    table = read_table(path, text="text", label="team", time="opened", id_column="number")
    assert table.texts == ["hello", "bye"]
    assert table.labels == ["a", "b"]
    assert table.ids == ["1", "2"]
    assert table.times == [
        datetime(2026, 1, 2, 10, tzinfo=UTC),
        datetime(2026, 1, 1, 9, tzinfo=UTC),
    ]
    assert table.in_time_order().texts == ["bye", "hello"]


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    plain = read_table(write(tmp_path, GOOD), label="team", attributes=["number"])
    zipped = write(tmp_path, gzip.compress(GOOD.encode()), "rows.csv.gz")
    records = [{"number": 1, "team": "a"}, {"number": 2, "team": "b", "more": None}]
    lines = write(tmp_path, "\n".join(json.dumps(r) for r in records), "rows.jsonl")
    parquet = tmp_path / "rows.parquet"
    duckdb.sql(f"copy (select * from '{tmp_path / 'rows.csv'}') to '{parquet}'")
    for path in (zipped, lines, parquet):
        other = read_table(path, label="team", attributes=["number"])
        assert (other.labels, other.attributes) == (plain.labels, plain.attributes)


def test_text_column_is_guessed_by_its_usual_name(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "Subject,team\nx,a\ny,b\n"), label="team")
    assert table.texts == ["x", "y"]
    with pytest.raises(BadInput, match="--text"):
        read_table(write(tmp_path, "foo,team\nx,a\ny,b\n"), label="team")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"text,team\n", "no rows"),
        (b"text,tem\nx,a\n", "no column 'team'; there is text, tem .did you mean 'tem'"),
        (b"text,team\nx,a\ny,a\n", "one label only"),
        (b"text,team\nx,a\ny\0z,b\n", "line 3, byte 2: a NUL byte"),
        (b"text,team\nx,a\ncaf\xe9,b\n", "line 3, byte 4: not UTF-8 .0xe9"),
        ("text,team\nx,a\n".encode("utf-16"), "UTF-16, not UTF-8"),
        (b"text,text,team\nx,y,a\n", "'text' twice"),
        (b"text,team\nx,a\ny,b,c\n", "line 3: 3 fields where the header has 2"),
        (b"text,team\nx,a\ny,\n", "line 3: empty label"),
        (b'text,team\n"x,a\n', "not well-formed"),
    ],
)
def test_bad_csv_is_named_by_line_and_fix(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        read_table(write(tmp_path, content), text="text", label="team")
    assert caught.value.hint
    assert "rows.csv" in caught.value.message


def test_line_numbers_count_lines_inside_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,team\n"a\nb",x\nc,\n')
    with pytest.raises(BadInput, match="line 4: empty label"):
        read_table(path, text="text", label="team")


@pytest.mark.parametrize("size", [200_000, 10_000_000, 40_000_000])
def test_huge_field_is_refused(tmp_path: Path, size: int) -> None:
    path = write(tmp_path, b"text,team\nx,a\n" + b"y" * size + b",b\n")
    with pytest.raises(TooLarge, match="line 3") as caught:
        read_table(path, text="text", label="team")
    assert caught.value.hint


def test_too_many_labels(tmp_path: Path) -> None:
    rows = "".join(f"x,label {i}\n" for i in range(5000))
    with pytest.raises(TooLarge, match="5,000 different labels") as caught:
        read_table(write(tmp_path, "text,team\n" + rows), text="text", label="team")
    assert "--label" in caught.value.hint


def test_too_many_rows_and_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    with pytest.raises(TooLarge, match="rows"):
        read_table(path, label="team", limits=Limits(rows=1))
    with pytest.raises(TooLarge, match="bytes"):
        read_table(path, label="team", limits=Limits(file_bytes=30))


def test_one_label_is_fine_for_evaluation(tmp_path: Path) -> None:
    path = write(tmp_path, "text,team\nx,a\ny,a\n")
    assert len(read_table(path, text="text", label="team", limits=Limits(min_labels=1))) == 2


def test_bad_time_and_duplicate_id(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("2026-01-01T09:00:00Z", "yesterday"))
    with pytest.raises(BadInput, match="line 3, column 'opened'"):
        read_table(path, text="text", label="team", time="opened")
    path = write(tmp_path, GOOD.replace("Z,2", "Z,1"))
    with pytest.raises(BadInput, match=r"line 3: id '1' .* also on line 2"):
        read_table(path, text="text", label="team", id_column="number")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ('{"text": {}, "team": "a"}', "nested"),
        ('{"text": "x", "text": "y"}', "twice"),
    ],
)
def test_bad_json_lines(tmp_path: Path, line: str, says: str) -> None:
    path = write(tmp_path, '{"text": "x", "team": "a"}\n' + line + "\n", "rows.jsonl")
    with pytest.raises(BadInput, match=f"line 2.*{says}"):
        read_table(path, text="text", label="team")


def test_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_table(tmp_path / "none.csv", label="team")
    with pytest.raises(BadInput, match="unknown kind"):
        read_table(write(tmp_path, "x", "rows.xlsx"), label="team")
    with pytest.raises(BadInput, match="Parquet"):
        read_table(write(tmp_path, "x" * 50, "rows.parquet"), label="team")
    with pytest.raises(BadInput, match="decompressed"):
        read_table(write(tmp_path, gzip.compress(GOOD.encode())[:-9], "r.csv.gz"), label="team")


def test_label_as_feature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="both as label and as a feature"):
        read_table(write(tmp_path, GOOD), attributes=["team"], label="team")
    with pytest.raises(BadInput, match="named twice"):
        read_table(write(tmp_path, GOOD), attributes=["number", "number"], label="team")


def test_take_keeps_rows_together(tmp_path: Path) -> None:
    table = read_table(
        write(tmp_path, GOOD), text="text", attributes=["number"], label="team", time="opened"
    )
    part = table.take([1])
    assert (part.texts, part.attributes, part.labels) == (["bye"], {"number": ["2"]}, ["b"])
    assert part.times is not None and table.times is not None
    assert part.times[0] == table.times[1]
