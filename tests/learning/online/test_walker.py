import json
import threading

import numpy as np
import pytest

from signalbox.domain.errors import BadInput, NotFound
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.table import Table
from tests.learning.online.streams import FixedRouter, follow, small, tickets


@pytest.fixture(scope="module")
def history():
    return tickets(900, noise=0.01)


def test_it_decides_most_of_an_easy_stream_within_the_promise(history):
    online = OnlineRouter(None, small(), history)
    correct, automatic = follow(online, tickets(900, seed=1, noise=0.01))
    assert automatic.mean() > 0.5
    assert correct[automatic].mean() >= 0.95


def test_it_refuses_a_stream_nobody_could_decide():
    online = OnlineRouter(None, small(), tickets(900, noise=0.6))
    _, automatic = follow(online, tickets(500, seed=1, noise=0.6))
    assert automatic.mean() < 0.05


def test_an_abrupt_change_is_learned_and_autonomy_comes_back(history):
    online = OnlineRouter(FixedRouter(), small(), history)
    follow(online, tickets(500, seed=1, noise=0.01))
    correct, automatic = follow(online, tickets(1200, seed=2, noise=0.01, shift=1))
    assert online.monitor.alarms >= 1
    assert correct[-300:].mean() > 0.9
    assert automatic[-300:].mean() > 0.5
    assert online.mixing.share < 0.1


def test_a_fixed_router_loses_autonomy_under_drift_and_keeps_its_labels():
    online = OnlineRouter(FixedRouter(), small(refit=False))
    before = follow(online, tickets(600, seed=1, noise=0.01))[1]
    correct, after = follow(online, tickets(600, seed=2, noise=0.01, shift=1))
    assert online.learner is None
    assert before[-200:].mean() > 0.5
    assert after[-300:].mean() == 0
    assert correct.mean() < 0.1


def test_the_certificate_rules_until_there_is_evidence():
    sure = OnlineRouter(FixedRouter(0.97), small(refit=False))
    unsure = OnlineRouter(FixedRouter(0.6), small(refit=False))
    assert sure.decide(None, {"product": "p1"}).automatic
    assert not unsure.decide(None, {"product": "p1"}).automatic


def test_new_labels_unseen_values_and_missing_fields(history):
    online = OnlineRouter(FixedRouter(), small(), history)
    for i in range(40):
        decision = online.decide(None, {"product": "p7", "site": "moon", "caller": f"x{i}"})
        online.feed_back(decision, "space")
    said = online.decide(None, {"product": "p7", "site": "moon", "caller": "?"})
    assert said.label == "space"
    assert online.decide(None, {"product": "?", "colour": "red"}).label


def test_texts_without_attributes():
    words = {"network": "wifi router down", "payroll": "salary slip wrong"}
    labels = ["network", "payroll"] * 250
    texts = [f"{words[v]} {i % 13}" for i, v in enumerate(labels)]
    online = OnlineRouter(None, small(), Table(texts, {}, labels))
    correct, automatic = follow(online, Table(texts[:200], {}, labels[:200]))
    assert correct.mean() > 0.98
    assert automatic.mean() > 0.5


def test_late_labels(history):
    online = OnlineRouter(None, small(), history)
    correct, automatic = follow(online, tickets(600, seed=3, noise=0.01), delay=100)
    assert correct[automatic].mean() >= 0.95


def test_the_same_stream_is_decided_the_same_way(history):
    stream = tickets(300, seed=4)
    runs = [follow(OnlineRouter(None, small(), history), stream) for _ in range(2)]
    np.testing.assert_array_equal(runs[0][1], runs[1][1])


def test_an_answer_counts_once(history):
    online = OnlineRouter(FixedRouter(), small(refit=False))
    decision = online.decide(None, {"product": "p1"})
    online.feed_back(decision.id, "payroll")
    with pytest.raises(NotFound, match="awaits no answer"):
        online.feed_back(decision, "payroll")


def test_state_survives_json_with_a_decision_still_open(history):
    online = OnlineRouter(FixedRouter(), small(), history)
    follow(online, tickets(450, seed=5, noise=0.01))
    waiting = online.decide(None, {"product": "p2", "site": "s1"})
    state = json.loads(json.dumps(online.state()))
    again = OnlineRouter.from_state(FixedRouter(), state, history)
    assert again.controller.state() == online.controller.state()
    assert again.monitor.state() == online.monitor.state()
    again.feed_back(waiting.id, "desktop")
    assert again.answered == online.answered + 1
    assert again.decide(None, {"product": "p2", "site": "s1"}).label == "desktop"


def test_several_threads(history):
    online = OnlineRouter(FixedRouter(), small(background=True, refit_every=150), history)
    stream = tickets(200, seed=6)
    faults: list[Exception] = []

    def work() -> None:
        try:
            follow(online, stream)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert online.answered == 600


def test_a_promise_out_of_range_is_refused():
    with pytest.raises(BadInput, match="target_accuracy"):
        OnlineConfig(target_accuracy=1.0)
    with pytest.raises(BadInput, match="window"):
        OnlineConfig(window=0)
