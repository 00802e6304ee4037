"""From settings to a consultant. Nothing is imported for it and nothing connected before a case."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents.budget import Budget, BudgetStore, NoBudget, StoredBudget
from agents.calibration import AgentCalibration, CalibrationKey
from agents.calibration_store import load_calibration, path_of
from agents.client import R1Client
from agents.config import ClientConfig
from agents.consultant import R1Consultant
from signalbox.domain.errors import BadModel

log = logging.getLogger(__name__)

# One account: a limit a day is a limit, whatever host or model is asked, and however it is spelt.
ACCOUNT = "llm"


class Shelf:
    """Calibrations of one folder, read again when their file has changed; None where there is none.

    One that goes bad, or away, while the engine runs is none from then on.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._known: dict[CalibrationKey, tuple[object, AgentCalibration | None]] = {}

    def find(self, key: CalibrationKey) -> AgentCalibration | None:
        """The calibration for exactly ``key``. One that went bad is none, and logged once: the
        answer was paid for already, and without a calibration it goes to a person."""
        if self.folder is None:
            return None
        seen = _state(path_of(self.folder, key, "hard"))
        known = self._known.get(key)
        if known is not None and known[0] == seen:
            return known[1]
        try:
            found = load_calibration(self.folder, key)
        except (BadModel, OSError) as error:
            log.error("the calibration of %r is not used: %s", key.model, error)
            found = None
        self._known[key] = seen, found
        return found


def _state(path: Path) -> object:
    """What tells one content of a file from the next without reading it; None for no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def check_calibrations(folder: Path) -> list[AgentCalibration]:
    """Every calibration for hard cases in ``folder``, read and checked.

    Raises:
        BadModel: there is no such folder, or a file in it is damaged; the message names it.
    """
    if not folder.is_dir():
        raise BadModel(
            f"{folder}: no such folder of calibrations",
            hint="name the one `learn agent` wrote to in SIGNALBOX_LLM__CALIBRATIONS, or unset it",
        )
    found = []
    for path in sorted(folder.glob("agent-*.json")):
        hint = "fit it again, or restore or remove the file"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))["calibration"]
            key, cases = CalibrationKey.model_validate(stored["key"]), stored["cases"]
            if path != path_of(folder, key, cases):
                raise BadModel(f"{path}: was renamed, so it is never found", hint=hint)
            calibration = load_calibration(folder, key, cases)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadModel(f"{path}: not a calibration ({error})", hint=hint) from error
        if calibration is not None and cases == "hard":
            found.append(calibration)
    return found


def open_consultant(
    config: ClientConfig,
    store: BudgetStore | None,
    *,
    limit_usd: float | None = None,
    calibrations: Path | None = None,
    deadline_s: float = 30.0,
    pending: int = 100,
    redact: Callable[[str], str] = str,
    keep_reasoning: bool = False,
) -> R1Consultant:
    """A consultant for one host and model.

    ``limit_usd`` a UTC day is kept in ``store``, for all processes, hosts and models on it
    together; None is no limit.
    """
    budget: Budget = NoBudget()
    if store is not None and limit_usd is not None:
        budget = StoredBudget(store, ACCOUNT, limit_usd)

    def more() -> dict[str, Any]:
        told: dict[str, Any] = {"autonomy": autonomy(calibrations)}
        if isinstance(budget, StoredBudget):
            told["budget"] = {"usd_per_day": limit_usd, "spent_usd": budget.spent()}
        return told

    return R1Consultant(
        R1Client(config, budget),
        Shelf(calibrations).find,
        deadline_s=deadline_s,
        pending=pending,
        redact=redact,
        keep_reasoning=keep_reasoning,
        more=more,
    )


def autonomy(folder: Path | None) -> str:
    """What a language model may do by itself, by the calibrations of ``folder``, in words."""
    none = "none: what it proposes goes to a person (`signalbox learn agent`)"
    if folder is None:
        return none
    try:
        found = check_calibrations(folder)
    except BadModel as error:
        return f"none: {error.message}"
    able = [one for one in found if one.certificate.threshold is not None]
    if not able:
        return none
    told = [f"{one.key.model!r} from {one.certificate.threshold:.2f} on" for one in able]
    return "certified: " + ", ".join(sorted(told))
