"""A host that refuses, hangs or flaps under a steady load: answered in time, asked no more."""

import asyncio
import time
from itertools import pairwise

import pytest

from agents.breaker import BreakerState
from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed, FailureKind
from agents.messages import Message

ASKED = [Message("user", 'Which one?\nOFFERED: ["mail", "network"]')]
RATE = 20
DEADLINE_S = 0.8
PROBE_S = 1.0


def client_of(model):
    return R1Client(
        configure(
            base_url=model.base_url("vllm"),
            model="r1",
            dialect="vllm",
            probe_s=PROBE_S,
            probe_max_s=PROBE_S,
        )
    )


async def load(client, seconds):
    """(seconds it took, reply or failure) of each question, sent on a fixed schedule."""

    async def one():
        began = time.monotonic()
        try:
            found = await client.ask(ASKED, ("mail", "network"), (), DEADLINE_S)
        except ConsultFailed as failure:
            found = failure
        return time.monotonic() - began, found

    tasks = []
    for _ in range(int(seconds * RATE)):
        tasks.append(asyncio.create_task(one()))
        await asyncio.sleep(1 / RATE)
    return await asyncio.gather(*tasks)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["refuse", "hang"])
def test_an_outage_costs_a_probe_an_interval_and_ends_by_itself(scripted_model, mode):
    async def main():
        async with client_of(scripted_model) as client:
            await client.warm_up()
            scripted_model.mode(mode)
            during = await load(client, 5)
            opened, failures = client.breaker.opened, client.breaker.failures
            arrivals = scripted_model.stats()["arrivals_s"]
            scripted_model.mode("up")
            await asyncio.sleep(PROBE_S)
            after = await load(client, 1)
            return during, opened, failures, arrivals, after, client.breaker.state

    during, opened, failures, arrivals, after, state = asyncio.run(main())
    assert max(took for took, _ in during) < DEADLINE_S + 0.25
    assert all(isinstance(found, ConsultFailed) for _, found in during)
    assert (opened, failures >= 5) == (1, True)
    # Before it opened, no more than were under way or had failed; then one an interval.
    while_open = [at for at in arrivals if at > DEADLINE_S + 0.5]
    assert all(later - sooner > PROBE_S * 0.95 for sooner, later in pairwise(while_open))
    assert 2 <= len(while_open) <= 5
    assert len(arrivals) - len(while_open) <= 5 + 8
    assert [found.answer.choice for _, found in after] == ["mail"] * RATE
    assert state == BreakerState.CLOSED


@pytest.mark.slow
def test_a_flapping_host_is_used_while_it_is_up(scripted_model):
    async def main():
        async with client_of(scripted_model) as client:
            await client.warm_up()
            scripted_model.mode("flap", 1.5)
            during = await load(client, 6)
            scripted_model.mode("up")
            await asyncio.sleep(PROBE_S)
            return during, await load(client, 0.5)

    during, after = asyncio.run(main())
    assert max(took for took, _ in during) < DEADLINE_S + 0.25
    answered = sum(not isinstance(found, ConsultFailed) for _, found in during)
    assert 0 < answered < len(during)
    kinds = {found.kind for _, found in during if isinstance(found, ConsultFailed)}
    assert kinds <= {FailureKind.UNREACHABLE, FailureKind.BREAKER_OPEN, FailureKind.PROTOCOL}
    assert not any(isinstance(found, ConsultFailed) for _, found in after)
