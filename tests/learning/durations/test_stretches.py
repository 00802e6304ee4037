"""What a network reads: rows on one scale, cases in stretches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from signalbox.learning.durations.stretches import LONGEST, Reader, padded, stretches
from tests.learning.durations.logs import alone


def test_long_cases_are_read_in_stretches() -> None:
    n = 2 * LONGEST + 3
    rows = replace(alone(np.zeros((n + 2, 2))), case=np.array([0] * n + [1, 1]))
    parts = stretches(rows)
    ends = [LONGEST, 2 * LONGEST, n, n + 2]
    assert parts.tolist() == [[b, e] for b, e in zip([0, *ends], ends, strict=False)]
    assert padded(parts[2:]).tolist() == [[n - 3, n - 2, n - 1], [n, n + 1, -1]]
    assert stretches(alone(np.empty((0, 2)))).shape == (0, 2)


def test_rows_keep_their_order_on_the_scale() -> None:
    X = np.concatenate([np.zeros(50), np.arange(50.0), [1e6]])[:, None]
    rows = alone(np.hstack([X, X]))
    found, activity = Reader.fit(rows).read(rows)
    assert (np.diff(found[49:, 0]) >= 0).all()
    assert found.min() >= -1 and found.max() == 1.0
    assert (activity == 1).all()
