"""How much a data file may hold before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.base import MAX_NAME
from signalbox.domain.task import MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES, MAX_TEXT


@dataclass(frozen=True)
class Limits:
    """Bounds on one data file; every one of them is a plain count.

    ``text_chars``: characters in one field; ``labels``: distinct labels; ``rows``: data rows;
    ``file_bytes``: bytes after decompression; ``line_bytes``: bytes in one line; ``columns``:
    columns of the file; ``min_labels``: fewest distinct labels of use (two to learn, one to
    evaluate). ``name_chars``, ``attributes`` and ``attribute_chars`` are what a posted task may
    have: nothing is learned that could not be served.
    """

    text_chars: int = MAX_TEXT
    labels: int = 1_000
    rows: int = 2_000_000
    file_bytes: int = 2 * 1024**3
    line_bytes: int = 32 * 1024**2
    columns: int = 2_000
    min_labels: int = 2
    name_chars: int = MAX_NAME
    attributes: int = MAX_ATTRIBUTES
    attribute_chars: int = MAX_ATTRIBUTE_TEXT
