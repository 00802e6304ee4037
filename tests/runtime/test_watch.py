"""Who has died: told by counts that stand still on a clock of one's own."""

from hypothesis import given
from hypothesis import strategies as st

from signalbox.runtime.watch import Watch


def looks(watch: Watch, counts: list[dict[str, int]], step: float = 1.0) -> list[dict[str, int]]:
    return [watch.look(one, place * step) for place, one in enumerate(counts)]


def test_a_count_that_stands_still_is_a_death():
    found = looks(Watch("me", 4.0), [{"me": n, "other": 7} for n in range(7)])
    assert found[:5] == [{}] * 5
    assert found[5:] == [{"other": 7}] * 2


def test_nobody_is_dead_at_first_sight():
    assert Watch("me", 0.5).look({"other": 7}, 1_000.0) == {}


def test_one_that_moves_lives():
    found = looks(Watch("me", 4.0), [{"other": n} for n in range(30)])
    assert found == [{}] * 30


def test_oneself_is_never_dead():
    assert looks(Watch("me", 4.0), [{"me": 1}] * 30) == [{}] * 30


def test_a_look_that_comes_late_starts_afresh():
    watch = Watch("me", 4.0)
    for now in (0.0, 1.0, 2.0, 3.0):
        watch.look({"other": 7}, now)
    assert watch.look({"other": 7}, 60.0) == {}, "this process stood still, perhaps all did"
    assert [watch.look({"other": 7}, 60.0 + n) for n in range(1, 6)][-1] == {"other": 7}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_whoever_is_found_dead_did_not_move_for_that_long(counts: list[int]):
    watch, last, since = Watch("me", 4.0), None, 0
    for now, count in enumerate(counts):
        if count != last:
            last, since = count, now
        assert bool(watch.look({"other": count}, float(now))) == (now - since > 4.0)
