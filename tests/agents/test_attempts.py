"""One layer of retries, on a real event loop with short waits."""

import asyncio

import pytest

from agents.attempts import Attempts, Patience
from agents.breaker import Breaker, BreakerState
from agents.failures import ConsultFailed, FailureKind

DOWN = FailureKind.SERVER_ERROR


def failure(kind=DOWN, **more):
    return ConsultFailed(kind, "x", **{"retryable": True, **more})


class Script:
    """Raises or returns what it is given, in turn."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.calls = 0

    async def __call__(self):
        self.calls += 1
        step = self.steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


async def nothing():
    pass


def run(script, *, deadline_s=5.0, breaker=None, before=nothing, failed=None, **patience):
    async def main():
        patience.setdefault("backoff_s", 0.001)
        deadline = asyncio.get_running_loop().time() + deadline_s
        return await Attempts(
            breaker or Breaker("x"),
            Patience(deadline, **patience),
            before,
            failed or (lambda _: None),
        ).run(script)

    return asyncio.run(main())


def failing(script, **how):
    with pytest.raises(ConsultFailed) as caught:
        run(script, **how)
    return caught.value


def test_what_can_pass_is_tried_three_times():
    script = Script(failure(), failure(), "answer")
    assert run(script) == "answer"
    script = Script(*[failure() for _ in range(9)])
    assert failing(script).kind == DOWN
    assert script.calls == 3


def test_what_cannot_pass_is_tried_once():
    script = Script(failure(FailureKind.BAD_REQUEST, retryable=False))
    assert failing(script).kind == FailureKind.BAD_REQUEST
    assert script.calls == 1


def test_full_jitter_draws_from_nothing_to_a_doubling_ceiling():
    drawn = []

    def jitter(low, high):
        drawn.append((low, high))
        return 0.0

    script = Script(*[failure() for _ in range(5)])
    failing(script, attempts=5, backoff_s=1.0, backoff_max_s=3.0, jitter=jitter)
    assert drawn[:4] == [(0, 1), (0, 2), (0, 3), (0, 3)]


def test_the_host_is_waited_for_as_it_asked():
    times = []

    async def send():
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise failure(FailureKind.RATE_LIMITED, retry_after_s=0.2)
        return "answer"

    assert run(send, jitter=lambda low, high: 0.0) == "answer"
    assert times[1] - times[0] >= 0.2


@pytest.mark.parametrize("wait", [60.0, 5.0])
def test_a_wait_past_the_deadline_fails_at_once(wait):
    script = Script(failure(FailureKind.RATE_LIMITED, retry_after_s=wait))
    found = failing(script, deadline_s=4.0)
    assert (found.kind, found.retry_after_s) == (FailureKind.RATE_LIMITED, wait)


def test_the_deadline_ends_an_attempt_and_counts_against_the_host():
    breaker = Breaker("x", threshold=1)

    async def hang():
        await asyncio.sleep(60)

    assert failing(hang, deadline_s=0.05, breaker=breaker).kind == FailureKind.TIMEOUT
    assert breaker.state == BreakerState.OPEN


def test_an_open_breaker_ends_the_retries_with_the_failure_that_opened_it():
    script = Script(*[failure() for _ in range(9)])
    found = failing(script, breaker=Breaker("x", threshold=2))
    assert (found.kind, script.calls) == (DOWN, 2)


def test_nothing_is_sent_or_reserved_while_it_is_open():
    breaker = Breaker("x", threshold=1)
    breaker.record(breaker.admit(), DOWN)
    asked = []

    async def before():
        asked.append(1)

    script = Script("answer")
    assert failing(script, breaker=breaker, before=before).kind == FailureKind.BREAKER_OPEN
    assert (script.calls, asked) == (0, [])


def test_a_refused_budget_sends_nothing_and_takes_no_probe():
    now = [0.0]
    breaker = Breaker("x", threshold=1, clock=lambda: now[0])
    breaker.record(breaker.admit(), DOWN)
    now[0] = 100.0

    async def broke():
        raise ConsultFailed(FailureKind.BUDGET, "spent")

    assert failing(Script("answer"), breaker=breaker, before=broke).kind == FailureKind.BUDGET
    assert breaker.admit().probe


def test_an_unforeseen_error_is_a_typed_failure():
    found = failing(Script(KeyError("choices")))
    assert found.kind == FailureKind.PROTOCOL
    assert "KeyError" in found.message


def test_a_cancellation_of_the_callers_stays_one():
    breaker = Breaker("x", threshold=1)

    async def main():
        async def hang():
            await asyncio.sleep(60)

        deadline = asyncio.get_running_loop().time() + 60
        attempts = Attempts(breaker, Patience(deadline), nothing, lambda _: None)
        task = asyncio.create_task(attempts.run(hang))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert breaker.state == BreakerState.CLOSED


def test_a_cancellation_from_below_is_a_failure():
    assert failing(Script(asyncio.CancelledError())).kind == FailureKind.CANCELLED


def test_every_failed_attempt_is_reported():
    seen = []
    run(Script(failure(), "answer"), failed=lambda found: seen.append(found.kind))
    assert seen == [DOWN]
