"""Array types and the two ways arrays grow here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def grown(array: NDArray[Any], size: int, axis: int = 0, fill: float = 0.0) -> NDArray[Any]:
    """``array`` with room for ``size`` along ``axis`` (at least doubled), new cells ``fill``."""
    if array.shape[axis] >= size:
        return array
    shape = list(array.shape)
    shape[axis] = max(size, 2 * array.shape[axis]) - array.shape[axis]
    return np.concatenate([array, np.full(shape, fill, array.dtype)], axis=axis)


def softmax(scores: Floats) -> Floats:
    """Probabilities of one row of scores."""
    shifted = np.exp(scores - scores.max())
    return np.asarray(shifted / shifted.sum(), np.float32)
