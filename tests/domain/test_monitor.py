import numpy as np
import pytest

from signalbox.domain.monitor import Monitor


def test_a_burst_of_errors_takes_autonomy_away_and_good_rows_give_it_back():
    monitor = Monitor(0.95, 0.95)
    for i in range(60):
        monitor.add(i % 2 == 0, automatic=True)
        if monitor.suspended:
            break
    assert monitor.suspended and i < 20
    needed = 0
    while monitor.suspended and needed < 200:
        monitor.add(True, automatic=False)
        needed += 1
    assert 20 <= needed < 100
    assert monitor.alarms == 1


def test_errors_in_the_shadow_keep_it_away():
    monitor = Monitor(0.95, 0.95)
    while not monitor.suspended:
        monitor.add(False, automatic=True)
    for i in range(400):
        monitor.add(i % 5 != 0, automatic=False)
    assert monitor.suspended


def test_false_alarms_are_rare_at_the_promised_rate():
    alarms = 0
    for seed in range(20):
        monitor = Monitor(0.95, 0.95)
        for correct in np.random.default_rng(seed).random(400) >= 0.05:
            monitor.add(bool(correct), automatic=True)
        alarms += monitor.alarms > 0
    assert alarms <= 8


def test_bound_is_the_exact_limit():
    monitor = Monitor(0.95, 0.95)
    assert monitor.bound is None
    for _ in range(59):
        monitor.add(True, automatic=True)
    assert monitor.bound == pytest.approx(1 - 0.05 ** (1 / 59))


def test_state_round_trip():
    monitor = Monitor(0.95, 0.95)
    for correct in (True, False, True):
        monitor.add(correct, automatic=True)
    other = Monitor(0.95, 0.95)
    other.restore(monitor.state())
    assert other.state() == monitor.state()
