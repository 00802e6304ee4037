"""What the client reserves before it asks and settles after."""

import asyncio

import pytest

from agents.budget import NoBudget
from agents.failures import FailureKind
from tests.agents.host import completion, response, running
from tests.agents.test_client import Purse, asking


def test_the_truth_is_settled_after_an_answer():
    purse = Purse()
    with running() as host:
        reply = asking(host, budget=purse)
    assert purse.settled == [pytest.approx(reply.cost_usd)]
    assert purse.left == pytest.approx(1.0 - reply.cost_usd)


@pytest.mark.parametrize(
    ("step", "spent"),
    [
        (response({}, 503), False),
        (response({}, 401), False),
        (response({}, 400), False),
        (response(completion(usage=None)), True),
        (response(completion(usage={"prompt_tokens": -9, "completion_tokens": 10**12})), True),
        (response(b"<html>", kind="text/html"), True),
        (60.0, True),
    ],
)
def test_what_is_not_known_to_be_free_stays_spent(step, spent):
    purse = Purse()
    with running(step) as host:
        found = asking(host, budget=purse, deadline_s=0.8)
    assert (purse.left < 1.0) == spent
    assert found.cost_usd == pytest.approx(1.0 - purse.left)


@pytest.mark.parametrize(
    ("prompt", "completion_tokens"), [(100, 0), (0, 50), (5_000, 50), (100, 5_000)]
)
def test_a_count_that_cannot_be_leaves_what_was_reserved_spent(prompt, completion_tokens):
    purse = Purse()
    usage = {"prompt_tokens": prompt, "completion_tokens": completion_tokens}
    with running(response(completion(usage=usage))) as host:
        reply = asking(host, budget=purse)
    assert reply.usage is None and purse.settled == []
    assert reply.cost_usd == pytest.approx(sum(purse.held.values()))


def test_each_attempt_that_may_be_charged_is_reserved_for():
    purse = Purse()
    cut = [response(completion())[:-9], None]
    with running(cut, cut, response(completion())) as host:
        reply = asking(host, budget=purse)
    assert len(purse.held) == 2
    assert reply.cost_usd == pytest.approx(1.0 - purse.left)


def test_without_money_nothing_is_sent():
    with running() as host:
        found = asking(host, budget=Purse(0.0001))
    assert (found.kind, host.requests) == (FailureKind.BUDGET, [])


def test_a_budget_that_does_not_answer_is_no_permission():
    class Broken(NoBudget):
        async def reserve(self, tokens, usd):
            raise OSError("locked")

    with running() as host:
        found = asking(host, budget=Broken())
    assert (found.kind, host.requests) == (FailureKind.BUDGET, [])


@pytest.mark.parametrize("name", ["reserve", "settle"])
def test_a_budget_that_hangs_does_not_hold_the_answer_past_the_deadline(name):
    async def hang(*_):
        await asyncio.sleep(60)

    purse = Purse()
    setattr(purse, name, hang)
    with running([0.6, response(completion())]) as host:
        found = asking(host, budget=purse, deadline_s=0.8)
    if name == "reserve":
        assert found.kind == FailureKind.BUDGET
    else:
        assert found.answer.choice == "mail"
        assert found.cost_usd == pytest.approx(1.0 - purse.left)
