"""Figures as they are shown: six significant digits, and never a NaN that JSON cannot hold."""

from __future__ import annotations

import math


def shown(value: float | None) -> float | None:
    """``value`` to six significant digits; None for what is unknown."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
