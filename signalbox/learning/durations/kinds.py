"""The kinds of model there are, by the name ``--model`` knows them by."""

from __future__ import annotations

from importlib.util import find_spec

from signalbox.domain.errors import BadInput, MissingExtra
from signalbox.learning.durations.following import NextForest
from signalbox.learning.durations.forest import QuantileForest
from signalbox.learning.durations.model import DurationModel, NextModel

AUTO, FOREST, TORCH = "auto", "forest", "torch"
ASKED = (AUTO, FOREST, TORCH)
NOT_COMPARED = (
    "--model auto took the forest: PyTorch is not installed here (pip install 'signalbox[torch]')"
)


def torch_available() -> bool:
    """Whether the extra ``torch`` is installed; imports nothing."""
    return find_spec("torch") is not None


def candidates(asked: str) -> tuple[str, ...]:
    """The kinds to choose among. BadInput for an unknown name, MissingExtra for one not here."""
    if asked not in ASKED:
        raise BadInput(f"--model {asked[:60]!r} is unknown", hint=f"one of {', '.join(ASKED)}")
    if asked == AUTO:
        return (FOREST, TORCH) if torch_available() else (FOREST,)
    if asked == TORCH:
        require_torch("--model torch")
    return (asked,)


def require_torch(what: str) -> None:
    """MissingExtra where PyTorch is not installed."""
    if not torch_available():
        raise MissingExtra(
            f"{what} needs PyTorch", hint="pip install 'signalbox[torch]', or use --model forest"
        )


def _check_torch(kind: str) -> None:
    if kind != TORCH:
        raise ValueError(f"{kind[:60]!r} is no kind of model")
    require_torch("this model")


def duration_class(kind: str) -> type[DurationModel]:
    """The class of models of a duration; MissingExtra where it cannot run here."""
    if kind == FOREST:
        return QuantileForest
    _check_torch(kind)
    from signalbox.learning.durations.sequence import SequenceDuration

    return SequenceDuration


def next_class(kind: str) -> type[NextModel]:
    """The class of models of the next activity; MissingExtra where it cannot run here."""
    if kind == FOREST:
        return NextForest
    _check_torch(kind)
    from signalbox.learning.durations.sequence import SequenceNext

    return SequenceNext
