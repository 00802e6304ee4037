from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.demo.grammar import choice, one_of, sentence

SLOTS = {"name": choice(("Ada", "Bo"))}


def said(template: str, times: int = 200) -> set[str]:
    say, rng = sentence(template, SLOTS), Random(1)
    return {say(rng) for _ in range(times)}


def test_choice_slot_and_plain_words() -> None:
    assert said("[a|b] by {name}") == {"a by Ada", "a by Bo", "b by Ada", "b by Bo"}


def test_nested_choices_and_empty_alternatives() -> None:
    assert said("x[ y[1|2]|]") == {"x", "x y1", "x y2"}


def test_a_lone_slot_and_a_bar_outside_brackets() -> None:
    assert said("{name}") == {"Ada", "Bo"}
    assert said("a|b") == {"a|b"}


@pytest.mark.parametrize("template", ["[a|b", "a]", "{nobody}", "{name"])
def test_a_broken_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|slot"):
        sentence(template, SLOTS)


@given(st.lists(st.text("abc ", min_size=1), min_size=1, max_size=5), st.integers())
def test_says_only_what_was_offered(options: list[str], seed: int) -> None:
    assert one_of(["[" + "|".join(options) + "]"], SLOTS)(Random(seed)) in options
