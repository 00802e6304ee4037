"""A user's files, good and bad: an error that names the fix, and nothing left behind."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.domain.errors import BadInput, SignalboxError, TooLarge
from signalbox.learning.command import learn_to_folder
from signalbox.learning.store import load_router
from tests.learning.conftest import make_table

WORK = make_table(120)
ROWS = [(str(i), text, label) for i, (text, label) in
        enumerate(zip(WORK.texts or [], WORK.labels, strict=True))]  # fmt: skip
HEADER = ("id", "text", "team")


def as_csv(rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER, sep: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=sep, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


GOOD = as_csv(ROWS)


def wide(label: str = "network", **more: str) -> str:
    """Good rows and one more, with further columns."""
    rows = [*ROWS, ("999", "vpn", label)]
    return as_csv([(*row, *more.values()) for row in rows], (*HEADER, *more))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for the data beside the one that must stay empty."""
    (tmp_path / "out").mkdir()
    return tmp_path


def learn(place: Path, content: str | bytes, name: str = "rows.csv", **options: object) -> dict:
    path = place / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    given = {"text": "text", "label": "team"} | options
    return learn_to_folder(path, place / "out" / "deep" / "model", **given)  # type: ignore[arg-type]


def left(place: Path) -> list[str]:
    return [str(path.relative_to(place)) for path in (place / "out").rglob("*")]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("", "the file is empty", "export"),
        ("\n\n", "no header", "first line"),
        ("id,text,team\n", "no rows", "export"),
        (GOOD.replace("team", "tem", 1), "no column 'team'", "did you mean 'tem'?"),
        (GOOD.replace("team", "Team", 1), "no column 'team'", "did you mean 'Team'?"),
        (as_csv([(i, t, "network") for i, t, _ in ROWS]), "one label only", "--label"),
        (as_csv([*ROWS, ("9", "x" * 10_000_000, "network")]), "line 122, column 'text'", "shorten"),
        (GOOD + "999,a\0b,network\n", "line 122, byte 6: a NUL byte", "remove"),
        (GOOD.encode() + b"9,caf\xe9,network\n", "line 122, byte 6: not UTF-8", "iconv"),
        (as_csv([(i, "some text", f"label {i}") for i in map(str, range(5000))]),
         "5,000 different labels", "--label"),
        (as_csv([(i, t, f"own {i}") for i, t, _ in ROWS]), "most occur once", "--label"),
        (wide("L" * 300), "line 122, column 'team': 300 characters, limit 256", "right column"),
        (wide("L" * 10_000), "10,000 characters, limit 256", "right column"),
        (as_csv(ROWS, sep=";"), "no column 'team'", "separated by semicolons"),
        (as_csv(ROWS, sep="\t"), "no column 'team'", "separated by tabs"),
        (as_csv(ROWS, sep="|"), "no column 'team'", "separated by vertical bars"),
        (as_csv(ROWS, ("id", "text, long", "team"), ";"), "no column 'team'", "semicolons"),
        (GOOD.encode("utf-16"), "UTF-16, not UTF-8", "iconv -f UTF-16"),
        (GOOD.encode("utf-16-le"), "UTF-16LE, not UTF-8", "iconv -f UTF-16LE"),
        (GOOD.encode("utf-16-be"), "UTF-16BE, not UTF-8", "iconv -f UTF-16BE"),
        (GOOD.encode("utf-32"), "UTF-32, not UTF-8", "iconv -f UTF-32"),
        (b"PK\x03\x04" + b"\0" * 100, "Excel workbook (.xlsx)", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old Excel", "save it as CSV"),
        (b"PAR1" + b"\x15\0" * 100, "Parquet", ".parquet"),
        (gzip.compress(GOOD.encode()), "gzip", ".csv.gz"),
        (b"%PDF-1.4\n", "PDF", "export"),
        (json.dumps([{"text": "a", "team": "b"}]), "JSON, not CSV", ".jsonl"),
        ("<!DOCTYPE html><html></html>\n", "HTML", "login page"),
        (GOOD.replace("\n", "\r"), "not well-formed", "tr '\\r' '\\n'"),
        (GOOD + '999,"open,network\n', "not well-formed", "never closed"),
        (GOOD + "999,a,b,network\n", "line 122: 4 fields", "quote"),
        (as_csv(ROWS[:6]), "rows.csv: 6 rows are too few", "20"),
        (as_csv([(i, " ", label) for i, _, label in ROWS]), "empty in every row", "--text"),
        ("a," * 5_000 + "text,team\n", "5,002 columns", "few columns"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_with_its_fix_and_leaves_nothing(
    place: Path, content: str | bytes, message: str, hint: str
) -> None:
    with pytest.raises(BadInput) as caught:
        learn(place, content)
    assert message in caught.value.message
    assert "rows.csv" in caught.value.message
    assert hint in caught.value.hint
    assert len(str(caught.value)) < 1_000
    assert left(place) == []


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("rows.csv.gz", GOOD, "named .gz, but not gzip", "take .gz off"),
        ("rows.csv.gz", gzip.compress(GOOD.encode())[:200], "cannot be read", "cut short"),
        ("rows.csv.gz", gzip.compress(b"a" * 40_000_000), "line 1: a line of more", "shorten"),
        ("rows.tsv", as_csv(ROWS, sep="\t"), "unknown kind", "commas"),
        ("rows.xlsx", b"PK\x03\x04", "unknown kind", "save it as CSV"),
        ("rows.json", "[]", "unknown kind", ".jsonl"),
        ("rows.jsonl", GOOD, "line 1: not valid JSON", "named .csv"),
        ("rows.jsonl", "[{}]", "line 1: not a JSON object", "not an array"),
        ("rows.jsonl", '[\n{"text": "a"}\n]', "line 1: not valid JSON", "not an array"),
        ("rows.jsonl", '{"text": NaN}', "NaN is not JSON", "null"),
        ("rows.jsonl", '{"text": ' + "9" * 5_000 + "}", "5,000 digits", "text"),
        ("rows.jsonl", '{"text": ' + "[" * 99_999, "nested too deep", "plain"),
        ("rows.jsonl", '{"text": "a\\u0000", "team": "b"}', "column 'text': contains a NUL", "row"),
        ("rows.jsonl", '{"text": "a", "team": "\\ud800"}', "surrogate", "remove"),
        ("rows.jsonl", "".join(json.dumps({f"k{i}": 1}) + "\n" for i in range(3_000)),
         "2,000 different fields", "same"),
        ("rows.parquet", GOOD, "not a readable Parquet", "export"),
    ],
)  # fmt: skip
def test_a_file_under_the_wrong_name(
    place: Path, name: str, content: str | bytes, message: str, hint: str
) -> None:
    with pytest.raises(BadInput) as caught:
        learn(place, content, name)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert left(place) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"site": "x" * 1_001}, "column 'site': 1,001 characters, limit 1,000"),
        ({"n" * 300: "a"}, "name of 300 characters, limit 256"),
        ({f"c{i}": "a" for i in range(65)}, "65 attributes, limit 64"),
    ],
)
def test_attributes_that_serving_would_refuse_are_not_learned(
    place: Path, more: dict[str, str], message: str
) -> None:
    with pytest.raises(TooLarge) as caught:
        learn(place, wide(**more), attributes=tuple(more))
    assert message in caught.value.message
    assert left(place) == []


def test_repeated_ids_are_refused_where_the_column_is_named(place: Path) -> None:
    content = GOOD + "5,vpn again,network\n"
    with pytest.raises(BadInput, match="line 122: id '5' in column 'id' is also on line 7"):
        learn(place, content, id_column="id")
    with pytest.raises(BadInput, match="line 122: empty id"):
        learn(place, GOOD + " ,vpn again,network\n", id_column="id")
    with pytest.raises(BadInput, match="both as id and as a feature"):
        learn(place, GOOD, id_column="text")
    with pytest.raises(BadInput, match="'team' is named twice"):
        learn(place, GOOD, id_column="team")
    assert left(place) == []
    assert not any("--id" in one for one in learn(place, GOOD, id_column="id")["warnings"])


def test_what_is_odd_is_noted_in_the_report(place: Path) -> None:
    rows = [(i, "" if int(i) % 3 == 0 else text, label) for i, text, label in ROWS]
    report = learn(place, as_csv([*rows, ("5", "vpn", "network"), ("6", "vpn", "NaN")]))
    notes = "\n".join(report["warnings"])
    assert "40 of 122 texts (32.8%) are blank" in notes
    assert "2 rows repeat a value of the column 'id' (first '5' on lines 7 and 122)" in notes
    assert "--id id" in notes
    assert "1 rows (0.8%) carry the label 'NaN'" in notes
    saved = json.loads((place / "out" / "deep" / "model" / "report.json").read_text())
    assert saved["warnings"] == report["warnings"]


def test_a_failed_run_leaves_the_model_that_was_there(place: Path) -> None:
    learn(place, GOOD)
    folder = place / "out" / "deep" / "model"
    before, files = load_router(folder).version, left(place)
    with pytest.raises(BadInput):
        learn(place, as_csv(ROWS[:6]))
    assert load_router(folder).version == before
    assert left(place) == files


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("rows.csv", "is a file"),
        ("rows.csv/model", "cannot be created"),
        ("x" * 300, "cannot be created"),
        ("full", "not a model folder"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_before_learning(
    tmp_path: Path, out: str, says: str
) -> None:
    (tmp_path / "rows.csv").write_text(GOOD)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    steps: list[str] = []
    with pytest.raises(BadInput, match=says) as caught:
        learn_to_folder(
            tmp_path / "rows.csv", tmp_path / out, label="team",
            progress=lambda what, share: steps.append(what),
        )  # fmt: skip
    assert "--out" in caught.value.hint
    assert steps == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "rows.csv"]


BITS = st.sampled_from(
    [b",", b"\n", b'"', b"\r\n", b";", b"\t", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"caf\xe9",
     b"text", b"team", b"id", b"a", b"b", b"vpn down,network\n", b"jam,printing\n", b"1e308",
     b"-1e308", b"nan", b"PK\x03\x04", b"{}", b"\x1f\x8b", "\u2603".encode()]
)  # fmt: skip
SHAPED = st.lists(
    st.tuples(
        st.sampled_from(["vpn down", "jam", "", "pay \u2603", "x" * 50]),
        st.sampled_from(["network", "printing", "pay\nroll", "nan"]),
        st.sampled_from(["1e308", "-1e308", "3", "", "inf", "0.5"]) | st.floats().map(str),
    ),
    min_size=15,
    max_size=60,
).map(lambda rows: as_csv(list(rows), ("text", "team", "size")).encode())


@pytest.mark.parametrize("attributes", [(), ("size",)])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300) | st.lists(BITS, max_size=40).map(b"".join) | SHAPED)
@example(content=GOOD.encode())
def test_whatever_the_bytes_it_learns_or_says_why_and_leaves_nothing(
    tmp_path: Path, attributes: tuple[str, ...], content: bytes
) -> None:
    data, out = tmp_path / "rows.csv", tmp_path / "out" / "deep" / "model"
    data.write_bytes(content)
    try:
        learn_to_folder(data, out, text="text", attributes=attributes, label="team")
    except SignalboxError as error:
        assert error.exit_code == 2
        assert error.hint
        assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    else:
        assert load_router(out).labels
        for path in sorted(out.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        out.rmdir()
        out.parent.rmdir()
        out.parent.parent.rmdir()


def test_the_report_says_what_the_folder_keeps_and_nobody_else_may_read_it(place: Path) -> None:
    result = learn(place, GOOD)
    history = place / "out" / "deep" / "model" / "online" / "history.json.gz"
    assert history.stat().st_mode & 0o777 == 0o600
    assert any("online/history.json.gz" in note for note in result["warnings"])
    with gzip.open(history, "rt", encoding="utf-8") as stream:
        assert (WORK.texts or [""])[0] in stream.read()


def test_prose_says_which_rows_the_figures_are_measured_on(place: Path) -> None:
    data = place / "rows.csv"
    data.write_text(GOOD)
    options = ["--data", str(data), "--label", "team", "--text", "text"]
    out = place / "out" / "model"
    shown = CliRunner().invoke(app, ["learn", "routing", *options, "--out", str(out)])
    report = json.loads((out / "report.json").read_text())
    assert f"Learned from {report['n']} rows" in shown.output
    assert f"measured on {report['held_out']} of them" in shown.output
    assert report["method"] in shown.output
