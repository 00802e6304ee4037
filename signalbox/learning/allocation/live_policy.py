"""The index policy as a running engine has it: parameters by the names of activities, on file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.base import digest_of
from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.parameters import BLOCKS, GLOBALS, NAMES, start

VERSION = 1
_FIX = "make one with `signalbox learn allocation`"


@dataclass(frozen=True)
class LivePolicy:
    """``shared`` [GLOBALS] parameters and, by activity, its [BLOCKS]: weight, slope, patience.

    ``usual`` [BLOCKS] serves activities it was not tuned for. ``digest`` tells two policies apart.
    """

    shared: np.ndarray = field(default_factory=lambda: start(1)[:GLOBALS])
    usual: np.ndarray = field(default_factory=lambda: start(1)[GLOBALS:])
    activities: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: np.ndarray, activities: tuple[str, ...]) -> LivePolicy:
        """From the parameters [GLOBALS + BLOCKS·J] that a search has found."""
        blocks = np.asarray(parameters[GLOBALS:], float).reshape(BLOCKS, len(activities)).T
        usual = np.median(blocks, axis=0) if len(blocks) else start(1)[GLOBALS:]
        named = dict(zip(activities, blocks, strict=True))
        return cls(np.asarray(parameters[:GLOBALS], float), usual, named)

    def blocks(self, activity: str) -> np.ndarray:
        """Weight, slope and patience of ``activity``, [BLOCKS]."""
        return self.activities.get(activity, self.usual)

    @property
    def digest(self) -> str:
        """Of all its numbers."""
        return digest_of(self._plain())[:12]

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps(self._plain(), indent=1) + "\n", "utf-8")
        draft.replace(path)

    def _plain(self) -> dict[str, Any]:
        return {
            "signalbox": "allocation-policy",
            "version": VERSION,
            "shared": dict(zip(NAMES, map(float, self.shared), strict=True)),
            "usual": list(map(float, self.usual)),
            "activities": {name: list(map(float, b)) for name, b in self.activities.items()},
        }


def read_policy(path: Path) -> LivePolicy:
    """The policy of a file. BadInput names file and field."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}", hint=_FIX) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: is no JSON: {error}", hint=_FIX) from error
    if not isinstance(value, dict) or value.get("signalbox") != "allocation-policy":
        raise BadInput(f"{path}: is no allocation policy", hint=_FIX)
    if value.get("version") != VERSION:
        raise BadInput(
            f"{path}: version {value.get('version')!r} is not {VERSION}", hint=_FIX + " anew"
        )
    shared = value.get("shared")
    if not isinstance(shared, dict) or set(shared) != set(NAMES):
        raise BadInput(f"{path}: shared: is not {', '.join(NAMES)}", hint=_FIX)
    activities = value.get("activities")
    if not isinstance(activities, dict):
        raise BadInput(f"{path}: activities: is no object", hint=_FIX)
    return LivePolicy(
        _numbers(path, "shared", [shared[name] for name in NAMES], GLOBALS),
        _numbers(path, "usual", value.get("usual"), BLOCKS),
        {
            name: _numbers(path, f"activities.{name}", given, BLOCKS)
            for name, given in activities.items()
        },
    )


def _numbers(path: Path, field: str, given: object, length: int) -> np.ndarray:
    if isinstance(given, list) and len(given) == length:
        plain = [type(one) in (int, float) for one in given]
        if all(plain) and np.isfinite(found := np.array(given, float)).all():
            return found
    raise BadInput(f"{path}: {field}: is not {length} finite numbers", hint=_FIX)
