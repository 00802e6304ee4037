"""How to learn and judge, as it was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.learning.durations.kinds import FOREST, NOT_COMPARED, candidates
from signalbox.learning.durations.model import Progress, silent

COVERAGE = 0.9


@dataclass(frozen=True)
class Method:
    """``kind`` of model as asked for (``kinds.ASKED``), ``coverage`` that intervals promise in
    (0, 1), the ``seed`` of all that is drawn, and whether rows that are equal count once.

    Made once for a command: BadInput for an unknown kind, MissingExtra for one that is not here.
    """

    kind: str = FOREST
    coverage: float = COVERAGE
    seed: int = 0
    drop_duplicates: bool = False
    progress: Progress = silent

    def __post_init__(self) -> None:
        candidates(self.kind)

    @property
    def notes(self) -> list[str]:
        """A note where ``auto`` had nothing to choose among."""
        alone = len(candidates(self.kind)) == 1
        return [NOT_COMPARED] if alone and self.kind not in candidates(self.kind) else []
