"""The outage benchmark: what it makes of what it sees, and a short outage on the real server."""

import json
import random

import pytest

from evals.benchmarks.outage import Load, bench_outage, hard_text
from evals.benchmarks.outage_figures import failing
from evals.benchmarks.outage_watch import Seen, most_within, shortest_gap
from signalbox.domain.errors import BadInput


def seen(arrivals=()):
    looks = [(0.0, False), (1.0, True), (2.0, True), (3.0, False), (4.0, True), (5.0, False)]
    return Seen(looks, list(arrivals))


def test_a_spell_lasts_from_the_first_look_that_saw_it_open_to_the_last():
    assert seen().spells() == [(1.0, 2.0), (4.0, 4.0)]
    assert Seen([(0.0, False)]).spells() == []
    assert Seen([(0.0, True), (1.0, True)]).spells() == [(0.0, 1.0)]


def test_arrivals_belong_to_the_spell_they_fall_into():
    found = seen([0.5, 1.0, 1.5, 1.9, 2.5, 4.5]).while_open()
    assert found == [[1.5, 1.9], []]
    assert shortest_gap(found) == pytest.approx(0.4)
    assert shortest_gap([[1.0], [1.1]]) is None


def test_recovery_counts_to_the_look_from_which_on_it_stayed_closed():
    assert seen().closed_after(2.5) == pytest.approx(2.5)
    assert seen().closed_after(4.5) == pytest.approx(0.5)
    assert Seen([(0.0, True), (1.0, True)]).closed_after(0.5) is None


def test_the_most_in_an_interval_does_not_count_its_end():
    assert most_within([0.0, 5.0, 10.0], 5.0) == 1
    assert most_within([0.0, 4.9, 5.0, 9.8], 5.0) == 3
    assert most_within([], 5.0) == 0


def test_hard_tasks_are_many_and_none_is_like_another():
    load = Load(800.0)
    bodies = [json.loads(load.body()) for _ in range(200)]
    assert len({one["id"] for one in bodies}) == len({one["text"] for one in bodies}) == 200
    assert hard_text(random.Random(1)) == hard_text(random.Random(1))


def test_each_bar_can_be_missed():
    good = {
        "errors": 0, "within_deadline": {"value": 1.0}, "consulted": 9, "tasks": 9, "opened": 1,
        "failures_to_open": [5], "most_in_a_probe_interval": 1, "recovered_after_s": 1.0,
        "first_proposal_after_s": 1.0,
    }  # fmt: skip
    assert failing(good, "hang") == []
    for bad in (
        {"errors": 1}, {"within_deadline": {"value": 0.999}}, {"consulted": 8}, {"opened": 0},
        {"failures_to_open": [5, 6]}, {"most_in_a_probe_interval": 2}, {"recovered_after_s": None},
        {"first_proposal_after_s": None},
    ):  # fmt: skip
        assert len(failing(good | bad, "hang")) == 1


def test_without_an_outage_there_is_nothing_to_recover_from():
    good = {"errors": 0, "within_deadline": {"value": 1.0}, "consulted": 9, "tasks": 9}
    assert failing(good, "up") == []
    assert failing(good | {"errors": 1}, "up") == ["every task answered"]


@pytest.mark.slow
def test_a_short_outage_on_the_real_server(monkeypatch):
    monkeypatch.setattr("evals.benchmarks.posting.DEMO_HISTORY", 1000)
    found = bench_outage(("refuse",), seconds=3.0, rate=10.0)
    figures = found["modes"]["refuse"]
    # The time of an answer is the benchmark's to judge: here others use the machine too.
    assert set(found["failing"].get("refuse", [])) <= {"within its deadline"}
    assert figures["consulted"] == figures["tasks"] >= 30
    assert figures["failures_to_open"] == [5]
    assert figures["outcomes"]["breaker_open"] > figures["outcomes"]["unreachable"]


def test_an_outage_too_short_to_see_a_question_given_up_is_refused() -> None:
    with pytest.raises(BadInput, match="is over before"):
        bench_outage(("hang",), seconds=20.0)
