"""The breaker on a clock of the test's own."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.breaker import Breaker, BreakerState
from agents.failures import HOST_FAILURES, UNINFORMATIVE, ConsultFailed, FailureKind


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker("r1 at host", clock=clock, jitter=lambda low, high: high)


def fail(breaker, times=1, kind=FailureKind.UNREACHABLE):
    for _ in range(times):
        breaker.record(breaker.admit(), kind)


def refused(breaker):
    with pytest.raises(ConsultFailed) as caught:
        breaker.admit()
    assert caught.value.kind == FailureKind.BREAKER_OPEN
    return caught.value


def test_it_opens_at_the_fifth_failure_in_a_row(breaker):
    fail(breaker, 4)
    assert breaker.state == BreakerState.CLOSED
    fail(breaker)
    assert breaker.state == BreakerState.OPEN
    assert "unreachable" in refused(breaker).message
    assert breaker.opened == 1


def test_an_answer_in_between_starts_the_count_anew(breaker):
    fail(breaker, 4)
    breaker.record(breaker.admit(), None)
    fail(breaker, 4)
    assert breaker.state == BreakerState.CLOSED


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.PAYMENT])
def test_what_repeating_cannot_mend_opens_it_at_once(breaker, kind):
    fail(breaker, 1, kind)
    assert breaker.state == BreakerState.OPEN


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - HOST_FAILURES))
def test_failures_that_say_nothing_against_the_host_do_not_count(breaker, kind):
    fail(breaker, 20, kind)
    assert breaker.state == BreakerState.CLOSED


def test_nothing_learned_does_not_reset_the_count(breaker):
    fail(breaker, 4)
    for kind in UNINFORMATIVE:
        fail(breaker, 1, kind)
    fail(breaker)
    assert breaker.state == BreakerState.OPEN


def test_open_lets_one_probe_through_per_interval(breaker, clock):
    fail(breaker, 5)
    clock.now += 4.99
    assert refused(breaker).retry_after_s == pytest.approx(0.01)
    clock.now += 0.02
    assert breaker.state == BreakerState.HALF_OPEN
    assert breaker.admit().probe
    refused(breaker)


def test_check_takes_no_probe(breaker, clock):
    fail(breaker, 5)
    with pytest.raises(ConsultFailed):
        breaker.check()
    clock.now += 6
    breaker.check()
    breaker.check()
    assert breaker.admit().probe


def test_a_probe_that_is_answered_closes_it(breaker, clock):
    fail(breaker, 5)
    clock.now += 6
    breaker.record(breaker.admit(), FailureKind.BLANK)
    assert breaker.state == BreakerState.CLOSED
    fail(breaker, 4)
    assert breaker.state == BreakerState.CLOSED


def test_the_interval_doubles_to_its_cap_and_starts_over(breaker, clock):
    fail(breaker, 5)
    waits = []
    for _ in range(7):
        wait = refused(breaker).retry_after_s
        waits.append(round(wait, 3))
        clock.now += wait
        fail(breaker)
    assert waits == [5, 10, 20, 40, 60, 60, 60]
    clock.now += 60
    breaker.record(breaker.admit(), None)
    fail(breaker, 5)
    assert refused(breaker).retry_after_s == pytest.approx(5)


def test_a_cancelled_probe_neither_closes_nor_blocks(breaker, clock):
    fail(breaker, 5)
    clock.now += 5
    breaker.record(breaker.admit(), FailureKind.CANCELLED)
    assert breaker.state == BreakerState.OPEN
    clock.now += 10
    assert breaker.admit().probe


def test_what_was_sent_before_it_opened_says_nothing_about_now(breaker, clock):
    early = [breaker.admit() for _ in range(3)]
    fail(breaker, 5)
    breaker.record(early[0], None)
    assert breaker.state == BreakerState.OPEN
    clock.now += 5
    breaker.record(breaker.admit(), None)
    breaker.record(early[1], FailureKind.AUTH)
    assert breaker.state == BreakerState.CLOSED


def test_it_waits_as_long_as_the_host_asked_within_bounds(breaker, clock):
    for _ in range(5):
        breaker.record(breaker.admit(), FailureKind.RATE_LIMITED, retry_after_s=30)
    assert refused(breaker).retry_after_s == pytest.approx(30)
    clock.now += 30
    breaker.record(breaker.admit(), FailureKind.RATE_LIMITED, retry_after_s=9_000)
    assert refused(breaker).retry_after_s == pytest.approx(60)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from([None, *FailureKind]),
            st.none() | st.floats(0, 100),
        ),
        max_size=60,
    )
)
def test_while_open_at_most_one_request_an_interval_passes(steps):
    clock = Clock()
    breaker = Breaker("x", clock=clock)
    probes = []
    for wait, kind, asked in steps:
        clock.now += wait
        was_open = breaker.state != BreakerState.CLOSED
        try:
            passed = breaker.admit()
        except ConsultFailed as failure:
            assert was_open
            assert failure.retry_after_s <= 60 + 1e-9
            continue
        assert passed.probe == was_open
        if passed.probe:
            probes.append(clock.now)
        breaker.record(passed, kind, asked)
        if breaker.state == BreakerState.CLOSED:
            probes.clear()
    assert all(later - sooner > 5 - 1e-6 for sooner, later in pairwise(probes))
