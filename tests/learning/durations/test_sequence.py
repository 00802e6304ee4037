"""The network behind the interface of the forest: causal, repeatable, and kept as plain arrays."""

from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.durations.prefixes import Encoder, Prefixes
from signalbox.learning.durations.samples import Sample, sample_of
from tests.learning.durations.logs import made_up

torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")

from signalbox.learning.durations.sequence import SequenceDuration, SequenceNext  # noqa: E402


@pytest.fixture(scope="module")
def sample() -> Sample:
    log = made_up(200)
    return sample_of(Encoder.fit(log), log, log)


@pytest.fixture(scope="module")
def duration(sample: Sample) -> SequenceDuration:
    return SequenceDuration().fit(sample.prefixes, sample.targets.remaining)


def every(prefixes: Prefixes) -> np.ndarray:
    return np.arange(len(prefixes))


def taken(prefixes: Prefixes, rows: np.ndarray) -> Prefixes:
    return Prefixes(**{name: value[rows] for name, value in vars(prefixes).items()})


def test_the_median_is_nearer_than_the_mean(sample: Sample, duration: SequenceDuration) -> None:
    truth = sample.targets.remaining
    found = duration.quantiles(sample.prefixes, every(sample.prefixes), (0.1, 0.5, 0.9))
    assert (np.diff(found, axis=1) >= 0).all()
    assert np.abs(found[:, 1] - truth).mean() < 0.8 * np.abs(truth.mean() - truth).mean()


def test_quantiles_and_probabilities_are_of_one_distribution(
    sample: Sample, duration: SequenceDuration
) -> None:
    rows = every(sample.prefixes)
    found = duration.quantiles(sample.prefixes, rows, (0.3, 0.8))
    assert (duration.exceeding(sample.prefixes, rows, found[:, 1]) <= 0.2 + 1e-6).all()
    own = np.tile([0.3, 0.8], (len(rows), 1))
    assert np.array_equal(duration.quantiles(sample.prefixes, rows, own), found)


def test_what_comes_later_in_a_case_changes_nothing(
    sample: Sample, duration: SequenceDuration
) -> None:
    prefixes = sample.prefixes
    early = prefixes.length <= 3
    cut = taken(prefixes, early)
    one = duration.quantiles(prefixes, np.flatnonzero(early), (0.2, 0.5))
    np.testing.assert_array_equal(duration.quantiles(cut, every(cut), (0.2, 0.5)), one)


def test_the_same_seed_gives_the_same_network_and_leaves_no_trace(
    sample: Sample, duration: SequenceDuration
) -> None:
    torch.manual_seed(7)
    threads, expected = torch.get_num_threads(), torch.rand(3)
    torch.manual_seed(7)
    again = SequenceDuration().fit(sample.prefixes, sample.targets.remaining)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    for name, value in duration.to_parts()[1].items():
        assert np.array_equal(value, again.to_parts()[1][name]), name
    other = SequenceDuration(seed=1).fit(sample.prefixes, sample.targets.remaining)
    weights = "network.inward.weight"
    assert not np.array_equal(other.to_parts()[1][weights], again.to_parts()[1][weights])


def test_the_next_activity_is_learned_and_read_back(sample: Sample) -> None:
    following = sample.targets.following
    model = SequenceNext().fit(sample.prefixes, following)
    rows = np.flatnonzero(following != "")
    found = model.probabilities(sample.prefixes, rows)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    said = np.array(model.names)[found.argmax(axis=1)]
    assert (said == following[rows]).mean() > 0.55
    told, arrays = model.to_parts()
    again = SequenceNext.from_parts(told, arrays)
    assert np.array_equal(again.probabilities(sample.prefixes, rows), found)
    with pytest.raises(ValueError, match="names"):
        SequenceNext.from_parts({**told, "names": model.names[1:]}, arrays)


def test_parts_that_do_not_fit_are_refused(duration: SequenceDuration) -> None:
    told, arrays = duration.to_parts()
    name = "network.outward.bias"
    for wrong in (
        {name: arrays[name][1:]},
        {name: np.full_like(arrays[name], np.nan)},
        {name: arrays[name].astype(np.float64)},
        {"typical": arrays["typical"][::-1]},
        {"typical": arrays["typical"][1:]},
        {"knots": arrays["knots"][1:]},
    ):
        with pytest.raises(ValueError, match=r"."):
            SequenceDuration.from_parts(told, {**arrays, **wrong})
    with pytest.raises(KeyError):
        SequenceDuration.from_parts(told, {k: v for k, v in arrays.items() if k != name})
