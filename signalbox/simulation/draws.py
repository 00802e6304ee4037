"""Random numbers that are a function of what they are for.

A draw is a hash of (seed, purpose, who, which), so two policies that meet the same case give it
the same route and the same service requirement, whatever they did before: common random numbers.
The hash is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), once for each part of the key.
"""

from __future__ import annotations

import math

import numpy as np

from signalbox.learning.allocation.compiled import part

ARRIVAL, ROUTE, SERVICE, JOIN_SHIFT, LEAVE_SHIFT, POLICY, DELAY, CLASS = range(1, 9)

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0


@part
def _mix(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _30)) * _FIRST
    value = (value ^ (value >> _27)) * _SECOND
    return value ^ (value >> _31)


@part
def uniform(seed: int, purpose: int, who: int, which: int) -> float:
    """A number in (0, 1) that depends on nothing but its four keys."""
    key = _mix(np.uint64(seed) * _STEP + np.uint64(purpose))
    key = _mix(key + np.uint64(who) * _STEP)
    key = _mix(key + np.uint64(which) * _STEP + _STEP)
    return (float(key >> _11) + 0.5) * _UNIT


@part
def exponential(seed: int, purpose: int, who: int, which: int) -> float:
    """An exponential number of mean one, by inversion, so that it is monotone in its uniform."""
    return -math.log(uniform(seed, purpose, who, which))


@part
def from_table(quantiles: np.ndarray, dice: float) -> float:
    """The number at ``dice`` in (0, 1) between evenly spaced quantiles, by interpolation."""
    last = len(quantiles) - 1
    at = dice * last
    below = min(int(at), max(last - 1, 0))
    above = min(below + 1, last)
    return quantiles[below] + (at - below) * (quantiles[above] - quantiles[below])
