from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.retrying import Retrying

ATTEMPTS = st.integers(1, 10_000)


@given(ATTEMPTS, st.floats(0, 1), st.none() | st.floats(0, 1e9))
def test_a_wait_is_within_its_bounds_and_never_sooner_than_asked(attempts, share, asked):
    retrying = Retrying()
    wait = retrying.wait_s(attempts, asked, lambda low, high: low + share * (high - low))
    assert 0 <= wait <= retrying.cap_s
    assert wait >= min(asked or 0, retrying.cap_s)
    if not asked:
        assert wait <= retrying.base_s * 2 ** min(attempts - 1, 60)


@given(ATTEMPTS)
def test_the_bound_doubles_until_the_cap(attempts):
    retrying = Retrying()

    def bound(n):
        return retrying.wait_s(n, None, lambda low, high: high)

    assert bound(attempts + 1) in (bound(attempts) * 2, retrying.cap_s)


@given(st.integers(0, 10_000), st.floats(0.8, 1))
def test_an_endpoint_is_left_alone_only_after_failures_in_a_row(failures, share):
    retrying = Retrying()
    alone = retrying.open_s(failures, lambda low, high: share)
    if failures < retrying.opens_after:
        assert alone == 0
    else:
        assert retrying.probe_s * 0.8 <= alone <= retrying.probe_cap_s


def test_thirty_attempts_reach_to_the_end_of_a_day():
    """On average: a jittered wait is half its bound."""
    retrying = Retrying()
    waits = [retrying.wait_s(n, None, lambda low, high: (low + high) / 2) for n in range(1, 30)]
    assert 0.7 * retrying.give_up_s < sum(waits) < 1.3 * retrying.give_up_s
