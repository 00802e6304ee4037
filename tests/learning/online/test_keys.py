from signalbox.learning.online.keys import choose_keys, code_length
from tests.learning.online.streams import TEAMS, tickets


def test_a_telling_column_is_counted_and_a_unique_one_is_not():
    table = tickets(800)
    rows = list(zip(*table.attributes.values(), strict=True))
    labels = [TEAMS.index(v) for v in table.labels]
    keys = choose_keys(rows, labels, len(TEAMS))
    assert keys[0] == ()
    assert (0,) in keys
    assert (2,) not in keys


def test_no_attributes_no_keys_but_the_empty_one():
    assert choose_keys([()], [0], 2) == [()]
    assert choose_keys([], [], 0) == [()]


def test_code_length_charges_for_useless_values():
    labels = [0, 1] * 100
    useful = code_length([(str(v),) for v in labels], labels, 2)
    useless = code_length([(str(i),) for i in range(200)], labels, 2)
    assert useful < 0.1 < useless
