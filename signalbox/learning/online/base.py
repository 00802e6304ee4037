"""The part of a fixed router that the online mode leans on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from signalbox.learning.online.mixing import Chances


class BaseRouter(Protocol):
    """A learned router: its labels, its version, and batches of calibrated answers.

    A batch has ``probabilities`` (n, k), columns as ``classes``, and ``automatic`` (n,).
    """

    @property
    def classes(self) -> list[str]: ...

    @property
    def version(self) -> str: ...

    def predict(self, texts: Any, attributes: Any = None, *, dense: Any = None) -> Any: ...


def encoder_of(router: BaseRouter | None) -> Any:
    """The sentence encoder the router was learned with, None where it has none."""
    return getattr(getattr(router, "features", None), "encoder", None)


def chances(probabilities: np.ndarray, labels: Sequence[str], top: int) -> Chances:
    """The ``top`` likeliest labels of one row, the likeliest first."""
    k = min(top, len(labels))
    at = np.argpartition(-probabilities, k - 1)[:k]
    at = at[np.argsort(-probabilities[at], kind="stable")]
    return {labels[int(i)]: float(probabilities[i]) for i in at}
