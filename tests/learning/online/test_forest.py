import numpy as np
import pytest

from signalbox.learning.online.forest import Forest, fit_forest


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    x = random.normal(size=(1500, 6)).astype(np.float32)
    x[random.random(x.shape) < 0.2] = np.nan
    return x, np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1]) > 0.3


def test_it_equals_scikit_learn(rows):
    from sklearn.ensemble import HistGradientBoostingClassifier

    x, y = rows
    forest = fit_forest(x, y, trees=20)
    model = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=20,
        max_leaf_nodes=24,
        min_samples_leaf=20,
        l2_regularization=5.0,
        max_features=0.3,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    ).fit(x, y)
    np.testing.assert_allclose(
        forest.probability(x), model.predict_proba(x)[:, 1], rtol=1e-6, atol=1e-9
    )


def test_arrays_round_trip(rows):
    x, y = rows
    forest = fit_forest(x, y, trees=5)
    again = Forest.from_arrays(forest.arrays())
    np.testing.assert_array_equal(again.probability(x), forest.probability(x))


def test_one_outcome_only_gives_no_forest(rows):
    x, _ = rows
    assert fit_forest(x, np.ones(len(x), bool)) is None


def test_a_column_without_any_value_is_ignored(rows):
    x, y = rows
    empty = np.full((len(x), 1), np.nan, np.float32)
    forest = fit_forest(np.hstack([x, empty]), y, trees=5)
    found = forest.probability(np.hstack([x, empty]))
    assert found[y].mean() > found[~y].mean()
