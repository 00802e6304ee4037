"""From settings to a consultant. Nothing is imported for it and nothing connected before a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agents.budget import BudgetStore, NoBudget, StoredBudget
from agents.calibration import AgentCalibration, CalibrationKey
from agents.calibration_store import load_calibration
from agents.client import R1Client
from agents.config import ClientConfig
from agents.consultant import R1Consultant


@dataclass(slots=True)
class Shelf:
    """Calibrations of one folder, each read once; None where there is none."""

    folder: Path | None
    _known: dict[CalibrationKey, AgentCalibration | None]

    def find(self, key: CalibrationKey) -> AgentCalibration | None:
        """The calibration for exactly ``key``. BadModel where it was altered."""
        if self.folder is None:
            return None
        if key not in self._known:
            self._known[key] = load_calibration(self.folder, key)
        return self._known[key]


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

    ``limit_usd`` a UTC day is kept in ``store`` under an account of the host and model, shared by
    all processes on it; None is no limit.
    """
    account = f"llm:{config.host}/{config.model}"[:256]
    budget = (
        NoBudget()
        if store is None or limit_usd is None
        else StoredBudget(store, account, limit_usd)
    )
    return R1Consultant(
        R1Client(config, budget),
        Shelf(calibrations, {}).find,
        deadline_s=deadline_s,
        pending=pending,
        redact=redact,
        keep_reasoning=keep_reasoning,
    )
