"""Which columns of a log hold what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from signalbox.domain.errors import BadInput
from signalbox.learning.sources import Source


@dataclass(frozen=True)
class LogColumns:
    """Names of columns as the file spells them.

    ``timestamp`` is the completion of an event, ``start`` its beginning. In an XES file an
    attribute of the trace is named ``case:KEY`` (``case`` itself may leave the prefix out).
    ``zone`` is the IANA zone of times that carry no offset, ``time_format`` a ``strptime``
    pattern for times that are not written year first.
    """

    case: str
    activity: str
    timestamp: str
    start: str | None = None
    resource: str | None = None
    attributes: tuple[str, ...] = ()
    zone: str | None = None
    time_format: str | None = None

    @property
    def wanted(self) -> list[str]:
        """Every column to be read, in the order of the options."""
        named = [self.case, self.activity, self.timestamp, self.start, self.resource]
        return [name for name in (*named, *self.attributes) if name]

    def check(self, source: Source) -> None:
        """BadInput where a column is given two roles, or stands twice and is to be read."""
        twice = [column for column, count in Counter(self.wanted).items() if count > 1]
        if twice:
            raise BadInput(
                f"{source.name}: column {twice[0][:60]!r} is given two roles",
                hint="name each column once",
            )
        for column in self.wanted:
            if source.columns.count(column) > 1:
                raise BadInput(
                    f"{source.name}, line 1: column {column[:60]!r} twice",
                    hint="rename one of them",
                )
