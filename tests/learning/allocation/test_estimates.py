"""Means from few tasks: nearer to the truth than the averages, and defined for pairs never seen."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.estimates import learn_means


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows, columns = random.normal(0, 1, 6), random.normal(0, 0.7, 30)
    means = np.exp(rows[:, None] + columns[None, :] + random.normal(0, 0.5, (6, 30)))
    counts = random.poisson(random.exponential(6, (6, 30)))
    hours = random.gamma(np.maximum(counts, 1e-9), means) * (counts > 0)
    return means, counts, hours


def test_estimates_are_nearer_than_averages_where_tasks_are_few() -> None:
    ours, plain = [], []
    for seed in range(10):
        means, counts, hours = made_up(seed)
        found = learn_means(counts, hours, np.ones(means.shape, bool)).means
        few = (counts > 0) & (counts < 6)
        ours.append(np.abs(np.log(found / means))[few].mean())
        plain.append(np.abs(np.log(hours[few] / counts[few] / means[few])).mean())
    assert np.mean(ours) < 0.75 * np.mean(plain)


def test_pairs_never_seen_follow_their_row_and_column() -> None:
    means, counts, hours = made_up(3)
    unseen = counts == 0
    found = learn_means(counts, hours, np.ones(means.shape, bool)).means
    assert np.isfinite(found).all()
    correlation = np.corrcoef(np.log(found[unseen]), np.log(means[unseen]))[0, 1]
    assert correlation > 0.7


def test_what_is_not_permitted_stays_so_and_much_is_believed() -> None:
    permitted = np.array([[True, False], [True, True]])
    counts = np.array([[5000, 7], [5000, 5000]])
    hours = np.array([[10000.0, 7.0], [2500.0, 5000.0]])
    found = learn_means(counts, hours, permitted).means
    assert np.isinf(found[0, 1])
    assert np.allclose(found[permitted], [2.0, 0.5, 1.0], rtol=0.02)


def test_an_empty_log_is_no_error() -> None:
    found = learn_means(np.zeros((2, 2)), np.zeros((2, 2)), np.ones((2, 2), bool)).means
    assert np.isfinite(found).all()


def test_draws_are_as_far_from_the_estimates_as_the_truth_is() -> None:
    means, counts, hours = made_up(5)
    learned = learn_means(counts, hours, np.ones(means.shape, bool))
    for some in (counts == 0, counts > 20):
        off = np.log(means / learned.means)[some].std()
        drawn = np.mean([np.log(learned.drawn(s) / learned.means)[some].std() for s in range(20)])
        assert 0.5 * off < drawn < 2 * off
