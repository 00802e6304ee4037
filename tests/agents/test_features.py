from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.confidence import WORDS
from agents.features import COLUMNS, HEDGES_READ, Sample, features_of, hedge_rate, sample_of
from signalbox.domain.prediction import ScoredOption

RANKED = (
    ScoredOption(option="network", probability=0.5),
    ScoredOption(option="payroll", probability=0.3),
)


def test_two_that_agree() -> None:
    found = features_of(
        [sample_of("payroll", "almost_certain", "", 0), sample_of("payroll", "likely", "", 0)],
        RANKED,
    )
    assert (found.choice, found.samples, found.agree, found.differ) == ("payroll", 2, 1, 0)
    assert found.bin == pytest.approx((0.975 + 0.825) / 2)
    assert (found.local_agrees, found.local_probability) == (0, 0.3)
    assert len(found.vector) == len(COLUMNS)


def test_one_sample_neither_agrees_nor_differs() -> None:
    found = features_of([sample_of("network", "even", "", 0)], RANKED)
    assert (found.samples, found.agree, found.differ, found.local_agrees) == (1, 0, 0, 1)
    assert features_of([sample_of("gone", "even", "", 0)], ()).local_probability == 0


@pytest.mark.parametrize(
    ("first", "second", "choice"),
    [
        (("payroll", "likely"), ("network", "almost_certain"), "network"),
        (("payroll", "likely"), ("network", "likely"), "network"),
        (("gone", "likely"), ("also gone", "likely"), "gone"),
    ],
)
def test_where_two_differ_the_surer_then_the_likelier_then_the_first(
    first: tuple[str, str], second: tuple[str, str], choice: str
) -> None:
    samples = [Sample(choice=one, confidence=word) for one, word in (first, second)]  # type: ignore[arg-type]
    found = features_of(samples, RANKED)
    assert (found.choice, found.agree, found.differ) == (choice, 0, 1)


@pytest.mark.parametrize("count", [0, 3])
def test_one_or_two_samples_and_no_other_number(count: int) -> None:
    with pytest.raises(ValueError, match="one or two"):
        features_of([sample_of("network", "even", "", 0)] * count, RANKED)


def test_hedging_is_counted_in_words_not_in_parts_of_words() -> None:
    text = "Wait, maybe it is not sure. Awaiting mayberry; however 也许不确定"
    assert hedge_rate(text) == pytest.approx(1000 * 6 / len(text))
    assert hedge_rate("") == 0
    assert hedge_rate("maybe " + "x" * HEDGES_READ) == 0


@given(st.text(max_size=200), st.sampled_from(WORDS), st.integers(0, 2**40))
def test_any_trace_gives_finite_numbers(text: str, word: str, tokens: int) -> None:
    made = sample_of("network", word, text, tokens)  # type: ignore[arg-type]
    found = features_of([made, sample_of("payroll", "guess", text)], RANKED)
    assert all(0 <= value < 1000 for value in found.vector)


def test_tokens_are_estimated_by_length_where_the_host_counts_none() -> None:
    assert sample_of("a", "even", "x" * 400).trace_tokens == 100
    assert sample_of("a", "even", "x" * 400, 7).trace_tokens == 7
