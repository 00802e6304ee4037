"""After a change: what came since is learned, and what was before is leant on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.learning.allocation.refit import interarrival_since, means_since

BEFORE = np.exp(np.random.default_rng(0).normal(0, 1, (3, 8)))
NONE = np.zeros((0, 4))


def tasks(means: np.ndarray, count: int, seed: int, start: float) -> np.ndarray:
    """One after the other from ``start`` on, by anybody."""
    random = np.random.default_rng(seed)
    j, r = random.integers(0, 3, count), random.integers(0, 8, count)
    hours = random.exponential(means[j, r])
    return np.column_stack([start + np.cumsum(hours), j, r, hours])


def test_a_common_factor_is_learned_from_few_tasks() -> None:
    found = means_since(tasks(2 * BEFORE, 60, 1, 100.0), 100.0, BEFORE, NONE)
    assert found is not None
    assert np.log(found.means / (2 * BEFORE)).mean() == pytest.approx(0, abs=0.35)


def test_it_is_nearer_to_the_truth_than_what_was_before_and_than_plain_averages() -> None:
    ours, stale, plain = [], [], []
    for seed in range(10):
        now = BEFORE * np.exp(np.random.default_rng(seed).normal(0.3, 0.5, BEFORE.shape))
        done = tasks(now, 150, seed, 0.0)
        found = means_since(done, 0.0, BEFORE, NONE)
        assert found is not None
        seen = found.counts > 0
        ours.append(np.abs(np.log(found.means / now))[seen].mean())
        stale.append(np.abs(np.log(BEFORE / now))[seen].mean())
        plain.append(np.abs(np.log(found.hours[seen] / found.counts[seen] / now[seen])).mean())
    assert np.mean(ours) < np.mean(stale)
    assert np.mean(ours) < np.mean(plain)


def test_what_began_before_the_change_is_left_out() -> None:
    old, new = tasks(BEFORE, 400, 1, 0.0), tasks(3 * BEFORE, 400, 2, 1000.0)
    both = np.concatenate([old, new])
    apart = means_since(both, 1000.0, BEFORE, NONE)
    alone = means_since(new, 1000.0, BEFORE, NONE)
    assert apart is not None and alone is not None
    assert (apart.means == alone.means).all()


def test_long_tasks_that_still_go_on_are_counted() -> None:
    """Many people, one task each, looked at after one mean: the long ones have not ended."""
    means, random, ratios = np.ones((1, 400)), np.random.default_rng(5), []
    hours = random.exponential(1.0, 400)
    for told in (True, False):
        ended = hours <= 1.0
        done = np.array([[h, 0, r, h] for r, h in enumerate(hours) if h <= 1.0])
        going = np.array([[0.0, 0, r, 1.0] for r in np.flatnonzero(~ended)]) if told else NONE
        found = means_since(done, 0.0, means, going)
        assert found is not None
        ratios.append(np.exp(np.log(found.means).mean()))
    assert ratios[0] == pytest.approx(1.0, abs=0.15)
    assert ratios[1] < 0.6


@given(count=st.integers(0, 4))
@settings(max_examples=5, deadline=None)
def test_hardly_anything_is_no_reason_to_learn(count: int) -> None:
    assert means_since(tasks(BEFORE, count, 1, 0.0), 0.0, BEFORE, NONE) is None


def test_what_is_not_permitted_stays_so() -> None:
    before = BEFORE.copy()
    before[1, 2] = np.inf
    done = tasks(BEFORE, 200, 1, 0.0)
    done = done[~((done[:, 1] == 1) & (done[:, 2] == 2))]
    found = means_since(done, 0.0, before, NONE)
    assert found is not None
    assert (np.isinf(found.means) == np.isinf(before)).all()


def test_the_load_is_learned_and_leans_on_what_was_before() -> None:
    came = np.arange(1, 201) * 0.5 + 100
    assert interarrival_since(came, 100.0, 200.0, 1.0) == pytest.approx(0.52, abs=0.01)
    assert interarrival_since(came[:0], 100.0, 100.0, 1.0) == 1.0
