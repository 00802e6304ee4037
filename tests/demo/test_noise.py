from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from signalbox.demo.noise import roughen


def digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


@given(st.text("abc XYZ 0123456789-.", min_size=1, max_size=80), st.integers())
def test_numbers_survive_and_length_hardly_changes(text: str, seed: int) -> None:
    rough = roughen(Random(seed), text)
    assert digits(rough) == digits(text)
    assert abs(len(rough) - len(text)) <= 3


def test_some_texts_change_and_most_do_not() -> None:
    rng, text = Random(1), "The printer on the second floor is broken"
    changed = sum(roughen(rng, text) != text for _ in range(1000))
    assert 250 < changed < 550
