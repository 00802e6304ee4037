from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalbox.learning.online.row import Row, clean, hashes, text_terms


def test_every_spelling_of_missing_is_one():
    assert {clean(v) for v in ("?", " NA ", "", None, "null", "n/a")} == {""}
    assert clean(" 7 ") == "7"


def test_digits_are_kept():
    assert "w job4711" in text_terms("Job4711 failed")


@given(st.text(max_size=300))
def test_any_text_hashes_the_same_twice(text):
    first, second = hashes(text_terms(text)), hashes(text_terms(text))
    np.testing.assert_array_equal(first[0], second[0])
    assert np.isfinite(first[1]).all()


def test_a_row_survives_json():
    row = Row("a", ("x", ""), datetime(2026, 1, 2, 3))
    assert Row.from_json(row.to_json()) == row
    assert np.isnan(Row(None, ()).hours)
