from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signalbox.demo.events import Learned, Running
from signalbox.demo.wording import (
    NO_LANGUAGE_MODEL,
    excerpt,
    learned_lines,
    running_lines,
    sparkline,
)


@given(st.text(), st.integers(3, 60))
def test_an_excerpt_is_one_printable_line(text: str, width: int) -> None:
    cut = excerpt(text, width)
    assert len(cut) <= width
    assert cut == "" or cut.isprintable()


def test_the_sparkline_is_fixed_to_80_and_100_percent() -> None:
    assert sparkline([0.2, 0.8, 0.9, 1.0], 10) == "▁▁▅█"
    assert sparkline([0.2, 1.0], 10, unicode=False) == "_#"
    assert sparkline([0.8, 1.0, 1.0], 2) == "██"


def test_a_missing_language_model_is_said_plainly() -> None:
    assert NO_LANGUAGE_MODEL in running_lines(Running(("tf-idf",), "both"))
    with_one = running_lines(Running(("tf-idf",), "both", language_model="r1", address="here"))
    assert NO_LANGUAGE_MODEL not in with_one
    assert with_one[-2:] == ["Language model: r1", "Serving at here"]


def test_no_certificate_is_said_plainly() -> None:
    assert "no error bound certified" in learned_lines(Learned(10, 2, 0.1, 0.5, 0.0))[1]
    assert "error certified <= 4.7%" in learned_lines(Learned(10, 2, 0.1, 0.5, 0.4, 0.047))[1]
