"""The one layer of retries: few, full jitter, heeding the host, never past the deadline.

Full jitter: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from agents.breaker import Breaker
from agents.failures import ConsultFailed, FailureKind

_Answer = TypeVar("_Answer")

# No reasoning model answers faster: a request with less time than this is paid for nothing.
LEAST_S = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how patiently a request is repeated. Seconds; ``deadline`` in loop time."""

    deadline: float
    attempts: int = 3
    backoff_s: float = 0.25
    backoff_max_s: float = 4.0
    jitter: Callable[[float, float], float] = random.uniform


class Attempts:
    """Sends one request up to ``patience.attempts`` times through a breaker.

    ``before`` runs before each attempt that the breaker would let through (the budget is asked
    there), ``failed`` after each one that went wrong.
    """

    def __init__(
        self,
        breaker: Breaker,
        patience: Patience,
        before: Callable[[], Awaitable[None]],
        failed: Callable[[ConsultFailed], None],
    ) -> None:
        self.sent = 0
        self._breaker = breaker
        self._patience = patience
        self._before = before
        self._failed = failed
        self._last: ConsultFailed | None = None

    async def run(self, send: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """What ``send`` returns, at the first attempt that does.

        Raises:
            ConsultFailed: the last failure; at once where waiting would pass the deadline.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(self._worth_repeating),
            wait=self._wait,
            stop=self._stop,
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self._attempt, send)

    async def _attempt(self, send: Callable[[], Awaitable[_Answer]]) -> _Answer:
        try:
            self._breaker.check()
            await self._before()
            passed = self._breaker.admit()
        except ConsultFailed as refused:
            # The host's own failure says more than that no further attempt was allowed.
            final = self._last or refused
            final.retryable = False
            raise final from None
        self.sent += 1
        failure: ConsultFailed
        try:
            async with asyncio.timeout_at(self._patience.deadline):
                answer = await send()
        except TimeoutError:
            failure = ConsultFailed(
                FailureKind.TIMEOUT, "no whole answer within the deadline", billable=True
            )
        except ConsultFailed as error:
            failure = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise  # By the caller, who gets back what he did.
            failure = ConsultFailed(
                FailureKind.CANCELLED, "the request was given up from below", billable=True
            )
        except Exception as error:
            failure = ConsultFailed(
                FailureKind.PROTOCOL, f"{type(error).__name__}: {error}", billable=True
            )
        else:
            self._breaker.record(passed, None)
            return answer
        self._breaker.record(passed, failure.kind, failure.retry_after_s)
        self._failed(failure)
        self._last = failure
        raise failure

    def _worth_repeating(self, error: BaseException) -> bool:
        return isinstance(error, ConsultFailed) and error.retryable

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what the host asked for, else full jitter."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, ConsultFailed) and failure.retry_after_s is not None:
            # A little later, so that not everybody comes back in the same instant.
            return failure.retry_after_s + self._patience.jitter(0.0, self._patience.backoff_s)
        ceiling = self._patience.backoff_s * 2.0 ** (state.attempt_number - 1)
        return self._patience.jitter(0.0, min(ceiling, self._patience.backoff_max_s))

    def _stop(self, state: RetryCallState) -> bool:
        """No further attempt: they are used up, or no time would be left after the wait."""
        left = self._patience.deadline - asyncio.get_running_loop().time()
        used_up = state.attempt_number >= self._patience.attempts
        return used_up or state.upcoming_sleep + LEAST_S > left
