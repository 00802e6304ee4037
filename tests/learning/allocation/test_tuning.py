"""The search: it finds the bottom, keeps to its seeds, and can be taken up again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.search import load
from signalbox.learning.allocation.tuning import TuneConfig, tune

BOTTOM = np.array([0.5, -0.5, 0.2, 0.0])
CONFIG = TuneConfig(generations=80)
DIRECTIONS = [np.eye(4)[:, :2], np.eye(4)]


class Bowl:
    """A noisy bowl that writes down the seeds it was asked with."""

    def __init__(self) -> None:
        self.seeds: set[int] = set()
        self.caps: list[float] = []

    def __call__(self, parameters: np.ndarray, seeds: Sequence[int], cap: float) -> np.ndarray:
        self.seeds |= set(seeds)
        self.caps.append(cap)
        noise = np.array([np.random.default_rng(seed).uniform(0, 0.5) for seed in seeds])
        return np.minimum(1 + ((parameters - BOTTOM) ** 2).sum() + noise, cap)


def test_it_finds_the_bottom_on_seeds_of_its_own() -> None:
    bowl = Bowl()
    found = tune(bowl, np.zeros(4), DIRECTIONS, CONFIG, subject="bowl")
    assert found.chosen is not None
    assert np.abs(np.array(found.chosen) - BOTTOM).max() < 0.2
    assert min(bowl.seeds) >= 1 << 40
    assert np.isfinite(bowl.caps[1:]).all(), "runaways are capped from the first generation on"
    assert found.stage == 1


def test_a_number_of_generations_gives_the_same_everywhere() -> None:
    first, again = (
        tune(Bowl(), np.zeros(4), DIRECTIONS, CONFIG, subject="bowl").chosen for _ in range(2)
    )
    assert first == again


def test_it_ends_in_its_time_and_says_how_far_it_is() -> None:
    shares: list[float] = []
    tune(
        Bowl(),
        np.zeros(4),
        DIRECTIONS,
        TuneConfig(seconds=0.5),
        subject="bowl",
        progress=lambda what, share: shares.append(share),
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_search_goes_on_from_where_it_was_left(tmp_path: Path) -> None:
    state = tmp_path / "bowl.json"

    class Torn(Exception):
        pass

    def tear(what: str, share: float) -> None:
        if share > 0.3:
            raise Torn

    with pytest.raises(Torn):
        tune(Bowl(), np.zeros(4), DIRECTIONS, CONFIG, subject="bowl", state=state, progress=tear)
    left = load(state, "bowl", 4)
    assert left is not None
    bowl = Bowl()
    found = tune(bowl, np.zeros(4), DIRECTIONS, CONFIG, subject="bowl", state=state)
    assert found.generation > left.generation
    assert min(bowl.seeds) >= left.next_seed, "no seed is used twice"
    assert np.abs(np.array(found.chosen) - BOTTOM).max() < 0.25


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(version=99),
        lambda value: value.update(subject="other"),
        lambda value: value.update(base=[0.0]),
        lambda value: value.update(sigma=-1),
        lambda value: value.update(mean=[float("nan")] * 2),
        lambda value: value.pop("base"),
    ],
)
def test_a_state_of_something_else_is_refused(tmp_path: Path, change: object) -> None:
    state = tmp_path / "bowl.json"
    tune(
        Bowl(), np.zeros(4), DIRECTIONS, replace(CONFIG, generations=3), subject="bowl", state=state
    )
    value = json.loads(state.read_text())
    change(value)  # type: ignore[operator]
    state.write_text(json.dumps(value))
    with pytest.raises(BadInput, match=r"bowl\.json"):
        load(state, "bowl", 4)
