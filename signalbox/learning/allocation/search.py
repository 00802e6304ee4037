"""The state of a search, in a form that can be put on disk and read back without trust."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from signalbox.domain.errors import BadInput

VERSION = 1


@dataclass(slots=True)
class Search:
    """Where a search stands between two generations.

    ``base`` [d] is where its ``stage`` began; ``mean`` [k], ``sigma`` and ``covariance`` [k, k] are
    the distribution of steps away from it, along the directions of that stage. ``kept`` [n, d] are
    means of earlier generations, among which the last word chooses; ``next_seed`` is the first seed
    no generation has used; ``cost`` the latest median. ``subject`` names what is tuned, so that a
    state is never taken for that of another process.
    """

    subject: str
    base: list[float]
    mean: list[float]
    sigma: float
    covariance: list[list[float]] | None = None
    kept: list[list[float]] = field(default_factory=list)
    stage: int = 0
    next_seed: int = 0
    generation: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    chosen: list[float] | None = None
    chosen_cost: float | None = None

    def save(self, path: Path) -> None:
        """Write it so that a crash leaves the old state or the new one, never half of one."""
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps({"version": VERSION, **asdict(self)}), "utf-8")
        draft.replace(path)


def load(path: Path, subject: str, dimension: int) -> Search | None:
    """The search left at ``path``, or None where there is none.

    Raises:
        BadInput: the file is no state of a search, or of that of another subject.
    """
    if not path.is_file():
        return None
    fix = "name another state file, or remove this one to start afresh"
    try:
        value = json.loads(path.read_text("utf-8"))
        version = value.pop("version")
        search = Search(**value)
        sizes = {np.shape(search.base), *(np.shape(kept) for kept in search.kept)}
        k = len(search.mean)
        whole = search.covariance is None or np.shape(search.covariance) == (k, k)
        numbers = [*search.base, *search.mean, search.sigma, search.seconds]
        finite = bool(whole and np.isfinite(numbers).all() and search.sigma > 0)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{path}: is no state of a search", hint=fix) from error
    if version != VERSION or search.subject != subject or sizes != {(dimension,)} or not finite:
        raise BadInput(f"{path}: is not the state of a search for {subject}", hint=fix)
    return search
