"""What a file really is, by its first bytes: an export often carries the wrong name."""

from __future__ import annotations

from signalbox.domain.errors import BadInput

AS_CSV = "save it as CSV (UTF-8, comma) in the spreadsheet program, and give that file"
_UTF8 = "save it as UTF-8, for example iconv -f {0} -t UTF-8 FILE > new.csv"
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_KINDS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)", AS_CSV + "; unpack a zip first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", AS_CSV),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"\x1f\x8b", "compressed with gzip", "name it .csv.gz or .jsonl.gz"),
    (b"BZh", "compressed with bzip2", "decompress it first: bunzip2 FILE"),
    (b"\xfd7zXZ\x00", "compressed with xz", "decompress it first: unxz FILE"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it first: unzstd FILE"),
    (b"%PDF", "a PDF document", "export the rows as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", "export the table as CSV"),
)
HEAD = 512


def refuse_foreign(name: str, head: bytes) -> None:
    """BadInput where ``head``, the first bytes of a text file, belongs to another kind of file."""
    for mark, what, fix in _KINDS:
        if head.startswith(mark):
            raise BadInput(f"{name}: the file is {what}, not text", hint=fix)
    encoding = _wide(head)
    if encoding:
        raise BadInput(f"{name}: the text is {encoding}, not UTF-8", hint=_UTF8.format(encoding))


def looks_like(first: str) -> tuple[str, str] | None:
    """(what it is, fix) where the first field of a supposed CSV file is no header."""
    start = first.lstrip().lower()
    if start.startswith(('{"', '["', "[{", "[[")) or start.strip() in ("{", "["):
        fix = "name it .jsonl with one JSON object on each line (jq -c '.[]' FILE > rows.jsonl)"
        return "JSON, not CSV", fix
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        return "HTML or XML, not CSV", "export the rows as CSV; a saved login page looks like this"
    return None


def _wide(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2], head[1::2]
    # Latin text in UTF-16 without a mark: every other byte is NUL, and only those.
    if len(head) >= 4 and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.3 * len(even):
        return "UTF-16LE"
    if len(head) >= 4 and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.3 * len(odd):
        return "UTF-16BE"
    return ""
