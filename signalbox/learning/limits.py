"""How much a data file may hold before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one data file; every one of them is a plain count.

    ``text_chars``: characters in one field; ``labels``: distinct labels; ``rows``: data rows;
    ``file_bytes``: bytes after decompression; ``min_labels``: fewest distinct labels of use (two
    to learn, one to evaluate).
    """

    text_chars: int = 100_000
    labels: int = 1_000
    rows: int = 2_000_000
    file_bytes: int = 2 * 1024**3
    min_labels: int = 2
