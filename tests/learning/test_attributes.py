from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalbox.learning.attributes import AttributeEncoder

COLUMNS = {
    "site": ["a"] * 10 + ["b"] * 10 + ["c"] + ["?"] * 4,
    "amount": [str(i * 1.5) for i in range(25)],
    "code": [str(1000 + i % 5) for i in range(25)],
}


def encoder() -> AttributeEncoder:
    return AttributeEncoder.fit(COLUMNS)


def test_missing_rare_and_unseen_have_slots() -> None:
    site = encoder().columns[0]
    assert site.slot("?") == site.slot("") == site.slot("NULL") == 0
    assert site.slot("c") == site.slot("never seen") == 1
    assert {site.slot("a"), site.slot("b")} == {2, 3}


def test_amounts_are_binned_and_codes_are_not() -> None:
    _, amount, code = encoder().columns
    assert amount.edges and not code.edges
    assert amount.slot("-5") == 2
    assert amount.slot("1e9") == amount.width - 1
    assert amount.slot("not a number") == 1
    assert code.slot("1003") != code.slot("1004")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_value_fits_and_rows_have_unit_length(values: list[str]) -> None:
    fitted = encoder()
    rows = fitted.transform({"site": values, "amount": values, "strange": values}, len(values))
    assert rows.indices.max() < fitted.width
    dense = rows.to_scipy().toarray()
    assert np.allclose((dense**2).sum(axis=1), 1)


def test_absent_column_counts_as_missing() -> None:
    fitted = encoder()
    absent = fitted.transform({"site": ["a"]}, 1)
    empty = fitted.transform({"site": ["a"], "amount": [""], "code": [""]}, 1)
    assert absent.indices.tolist() == empty.indices.tolist()
    assert fitted.unseen_share({"site": ["new"]}, 1)[0] == np.float32(1 / 3)


def test_json_round_trip() -> None:
    again = AttributeEncoder.from_json(encoder().to_json())
    assert again == encoder()
