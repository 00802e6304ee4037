"""What is odd about rows that can be read: said to the reader, not refused."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.learning.attributes import is_missing

ID_NAMES = frozenset(
    f"{what}{end}"
    for what in (
        "", "ticket", "case", "task", "incident", "request", "issue", "row", "record", "event",
    )
    for end in ("id", "number", "nr", "no", "key")
) | {"incident", "ticket", "uuid", "guid", "sysid", "caseid"}  # fmt: skip


def looks_like_id(column: str) -> bool:
    """Whether a column is usually called so when it names the row."""
    return column.lower().replace("_", "").replace("-", "").replace(" ", "") in ID_NAMES


def notes_on(texts: Sequence[str] | None, labels: Sequence[str], ids: Repeats | None) -> list[str]:
    """One sentence for each oddity, with its count, its share and what to do."""
    found = []
    if texts is not None:
        blank = sum(1 for text in texts if not text.strip())
        if blank:
            found.append(
                f"{blank:,} of {len(texts):,} texts ({blank / len(texts):.1%}) are blank: nothing "
                "can be read from them; fill them in, remove the rows, or check --text"
            )
    missing = [label for label in labels if is_missing(label)]
    if missing:
        found.append(
            f"{len(missing):,} rows ({len(missing) / len(labels):.1%}) carry the label "
            f"{missing[0]!r}, which usually stands for a missing value: remove them unless it is "
            "the name of a team"
        )
    if ids is not None and ids.rows:
        found.append(
            f"{ids.rows:,} rows repeat a value of the column {ids.column!r} (first {ids.value!r} "
            f"on lines {ids.lines[0]} and {ids.lines[1]}): where every row is a task of its own, "
            f"--id {ids.column} refuses such rows"
        )
    return found


class Repeats:
    """Counts the values of one column that occurred before."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.rows = 0
        self.value = ""
        self.lines = (0, 0)
        self._first: dict[str, int] = {}

    def add(self, line: int, value: str) -> None:
        """Take in one row."""
        value = value.strip()[:200]
        before = self._first.setdefault(value, line)
        if before == line or not value:
            return
        self.rows += 1
        if self.rows == 1:
            self.value, self.lines = value[:60], (before, line)
