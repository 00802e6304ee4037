"""Events out of an XES file (IEEE 1849), as rows of a table.

Attributes of an event become columns by their key, those of its trace by ``case:KEY``. Documents
with a DOCTYPE are refused: entities could blow a small file up, and no XES writer needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits
from signalbox.learning.lines import lines_of
from signalbox.learning.sources import Source

_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
_DEEPEST = 50


class _Rows:
    """Collects the rows while expat walks the document."""

    def __init__(self, path: Path, parser: expat.XMLParserType, limits: Limits) -> None:
        self.rows: list[tuple[int, dict[str, str]]] = []
        self.traces = 0
        self._path, self._parser, self._limits = path, parser, limits
        self._open: list[str] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._line = 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        parent = self._open[-1] if self._open else ""
        if not self._open and tag != "log":
            raise BadInput(
                f"{self._path}: the root element is {tag[:40]!r}, not 'log'",
                hint="give an XES event log, or export it as CSV",
            )
        self._open.append(tag)
        if len(self._open) > _DEEPEST:
            raise TooLarge(
                f"{self._path}, line {self._parser.CurrentLineNumber}: more than {_DEEPEST} "
                "elements within one another",
                hint="is this an event log? Nested attributes are not read",
            )
        if tag == "trace":
            self.traces += 1
            self._trace = {}
        elif tag == "event":
            self._event, self._line = {}, self._parser.CurrentLineNumber
        elif tag in _VALUES and parent in ("trace", "event"):
            kept = self._trace if parent == "trace" else self._event
            self._keep(kept, attributes)

    def _keep(self, kept: dict[str, str], attributes: dict[str, str]) -> None:
        key, value = attributes.get("key"), attributes.get("value")
        where = f"{self._path}, line {self._parser.CurrentLineNumber}"
        if key is None or value is None:
            raise BadInput(f"{where}: an attribute without key or value", hint="export it again")
        if key in kept:
            raise BadInput(f"{where}: the attribute {key[:60]!r} twice", hint="keep one of them")
        kept[key] = value

    def _end(self, tag: str) -> None:
        tag = self._open.pop()
        if tag == "event" and self._open[-1] == "trace":
            of_trace = {f"case:{key}": value for key, value in self._trace.items()}
            self.rows.append((self._line, of_trace | self._event))
            if len(self.rows) > self._limits.rows:
                raise TooLarge(
                    f"{self._path}: more than {self._limits.rows:,} events",
                    hint="give the most recent cases",
                )

    def _doctype(self, *_: object) -> None:
        raise BadInput(
            f"{self._path}, line {self._parser.CurrentLineNumber}: a DOCTYPE is not accepted",
            hint="remove it: an event log needs none",
        )


def open_xes(path: Path, limits: Limits) -> Source:
    """The events of an .xes or .xes.gz file in document order; a missing attribute is ``""``.

    Raises BadInput or TooLarge naming file and line, with the fix as hint.
    """
    parser = expat.ParserCreate()
    found = _Rows(path, parser, limits)
    try:
        for line in lines_of(path, limits):
            parser.Parse(line, False)
        parser.Parse("", True)
    except expat.ExpatError as error:
        raise BadInput(
            f"{path}, line {error.lineno}: not well-formed XML ({expat.ErrorString(error.code)})",
            hint="the file is cut short or damaged: export it again",
        ) from None
    if not found.rows:
        raise BadInput(
            f"{path}: {found.traces} traces and no event in them", hint="export it again"
        )
    columns = list(dict.fromkeys(name for _, row in found.rows for name in row))
    if len(columns) > limits.columns:
        raise TooLarge(
            f"{path}: {len(columns):,} different attributes, limit {limits.columns:,}",
            hint="export the few that are needed",
        )
    return Source(str(path), columns, _in_order(columns, found.rows))


def _in_order(
    columns: list[str], rows: list[tuple[int, dict[str, str]]]
) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        yield line, [row.get(name, "") for name in columns]
