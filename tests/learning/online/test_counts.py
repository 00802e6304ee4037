import numpy as np
import pytest

from signalbox.learning.online.counts import CountTables


def test_shares_follow_what_was_added_and_unmet_cells_are_missing():
    tables = CountTables([(), (0,), (0, 1)])
    for _ in range(6):
        tables.add(("a", "x"), 1)
    features, score, known = tables.look(("a", "y"), 3)
    assert known == 2
    assert features.shape == (3, 3, 5)
    assert np.isnan(features[2, :, 0]).all()
    assert features[1, 1, 2] > 0.9
    assert int(score.argmax()) == 1


def test_recent_rows_weigh_more_in_the_fast_share():
    tables = CountTables([(), (0,)])
    for label in [0] * 20 + [1] * 6:
        tables.add(("a",), label)
    features, _, _ = tables.look(("a",), 2)
    fast, ever = features[1, 1, 0], features[1, 1, 2]
    assert fast > 0.5 > ever
    assert features[1, 1, 4] == pytest.approx(1)


def test_looking_changes_nothing():
    tables = CountTables([(), (0,)])
    tables.add(("a",), 0)
    first = tables.look(("b",), 2)[0]
    second = tables.look(("b",), 2)[0]
    np.testing.assert_array_equal(first, second)


def test_many_labels_in_one_cell():
    tables = CountTables([()])
    for label in range(50):
        tables.add((), label)
    assert tables.tables[0][()].size == 50
