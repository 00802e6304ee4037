"""Trees kept as arrays answer as those they were taken from, and lead nowhere they should not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from signalbox.learning.durations.following import NextForest
from signalbox.learning.durations.forest import QuantileForest
from signalbox.learning.durations.trees import LEAF, Trees
from tests.learning.durations.logs import alone


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = np.round(rng.uniform(-2, 3, (400, 4)), 1)
    return X, rng.exponential(np.exp(X[:, 0]))


def test_every_row_reaches_the_leaf_it_reached_in_the_library(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = rows
    grown = RandomForestRegressor(7, min_samples_leaf=3, random_state=1).fit(X, y)
    trees = Trees.of(grown)
    assert np.array_equal(trees.leaves(X), grown.apply(X) + trees.first)
    assert (trees.left[trees.leaves(X)] == LEAF).all()


def test_the_next_activity_is_as_likely_as_the_library_says(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = rows
    names = np.where(y > 2, "long", np.where(y > 0.5, "short", "")).astype(object)
    model = NextForest(seed=2).fit(alone(X), names)
    found = model.probabilities(alone(X), np.arange(len(X)))
    assert model.names == ["long", "short"]
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found[names == "long", 0] > 0.5).mean() > 0.8


def _altered(name: str, to: float, at: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 1, (60, 2))
    arrays = QuantileForest().fit(alone(X), X[:, 0]).to_parts()[1]
    altered = arrays[name].copy()
    altered.ravel()[at] = to
    return {**arrays, name: altered}


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("trees.left", 0),
        ("trees.left", 10**6),
        ("trees.right", LEAF),
        ("trees.feature", 2),
        ("trees.first", -1),
        ("trees.threshold", np.nan),
        ("leaves", 10**6),
        ("y", 10**6),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(name: str, to: float) -> None:
    with pytest.raises(ValueError, match=r"."):
        QuantileForest.from_parts({"features": 2}, _altered(name, to))


def test_arrays_of_another_kind_are_refused() -> None:
    arrays = _altered("y", 0.0)
    with pytest.raises(ValueError, match="do not fit together"):
        QuantileForest.from_parts(
            {"features": 2}, {**arrays, "trees.left": arrays["trees.left"].astype(float)}
        )
    with pytest.raises(ValueError, match="do not fit together"):
        QuantileForest.from_parts({"features": 2}, {**arrays, "y": arrays["y"][1:]})
