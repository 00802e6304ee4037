"""Binary heaps in flat arrays: what ends next, and which case waits longest."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.compiled import part


@part
def push(keys: np.ndarray, items: np.ndarray, size: int, key: float, item: int) -> int:
    """Add ``item`` under ``key``; ``keys`` and ``items`` have room. Returns the new size."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] <= key:
            break
        keys[at], items[at] = keys[up], items[up]
        at = up
    keys[at], items[at] = key, item
    return size + 1


@part
def pop(keys: np.ndarray, items: np.ndarray, size: int) -> int:
    """Take the item of the smallest key off; the caller has read it at position 0."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        if down + 1 < size and keys[down + 1] < keys[down]:
            down += 1
        if keys[down] >= key:
            break
        keys[at], items[at] = keys[down], items[down]
        at = down
    keys[at], items[at] = key, item
    return size
