import numpy as np

from signalbox.learning.online.trust import Trust, signals


def test_overconfidence_is_recalibrated():
    random = np.random.default_rng(0)
    trust = Trust(window=2000, every=50)
    for _ in range(1500):
        best = random.uniform(0.6, 0.999)
        trust.add(signals(best, 1 - best), "a", bool(random.random() < best - 0.2))
    found = [trust.score(signals(p, 1 - p), "b") for p in (0.7, 0.9)]
    assert abs(found[0] - 0.5) < 0.08
    assert abs(found[1] - 0.7) < 0.08


def test_a_label_that_errs_is_trusted_less():
    trust = Trust(window=2000, every=50)
    seen = signals(0.95, 0.03)
    for i in range(600):
        trust.add(seen, "good", True)
        trust.add(seen, "bad", i % 3 != 0)
    assert trust.score(seen, "bad") < trust.score(seen, "good") - 0.05


def test_the_window_moves():
    trust = Trust(window=100, every=10)
    for i in range(250):
        trust.add(signals(0.8, 0.1), "a", i % 2 == 0)
    scores, correct, weights = trust.window_scores()
    assert len(scores) == len(correct) == len(weights) == 100
    assert weights[-1] > weights[0]


def test_state_round_trip():
    trust = Trust(window=100, every=10)
    for i in range(120):
        trust.add(signals(0.8, 0.1), "a", i % 2 == 0)
    other = Trust(window=100, every=10)
    other.restore(trust.state())
    assert other.state() == trust.state()
