"""The client of a reasoning model: a question in, one checked answer or one typed failure out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

from agents.attempts import LEAST_S, Attempts, Patience
from agents.breaker import Breaker
from agents.budget import Budget, NoBudget
from agents.cache import Cache, prompt_digest
from agents.config import ClientConfig
from agents.failures import CORRECTABLE, ConsultFailed, FailureKind, one_line
from agents.messages import Message, corrected, fitted, token_bound
from agents.question import Question, completion_of, form_of, usage_of
from agents.reader import read
from agents.reply import Reply
from agents.spending import Spending
from agents.wire import Wire, Wires

# Past the deadline there is only settling with the budget; a quarter of a second is promised.
GRACE_S = 0.2


class R1Client:
    """Asks a host of R1; safe to share between tasks and event loops. Close it with ``aclose``.

    Every way an answer can fail to be had is a ``ConsultFailed``; only a cancellation of the
    caller's own comes out as ``CancelledError``. ``clock`` is the breaker's (seconds, monotonic);
    clients of the same host and model should be given the same ``breaker``.
    """

    def __init__(
        self,
        config: ClientConfig,
        budget: Budget | None = None,
        *,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.breaker = breaker or Breaker(
            f"{config.model} at {config.host}",
            threshold=config.breaker_failures,
            probe_s=config.probe_s,
            probe_max_s=config.probe_max_s,
            clock=clock,
        )
        self.cache: Cache[Reply] = Cache(config.cache_size)
        self._budget: Budget = budget or NoBudget()
        self._wires = Wires(config)

    async def __aenter__(self) -> R1Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection, on every loop."""
        await self._wires.aclose()

    @property
    def open_wires(self) -> int:
        """Event loops on which connections are kept."""
        return len(self._wires)

    async def warm_up(self) -> None:
        """Import the libraries and open the wire now, so that the first question need not wait."""
        await self._wires.here()

    async def ask(
        self,
        messages: Sequence[Message],
        offered: Sequence[str],
        evidence_ids: Sequence[str],
        deadline_s: float,
        *,
        sample: int = 0,
    ) -> Reply:
        """One answer about ``offered``, quoting only ``evidence_ids``, within ``deadline_s``.

        Asked a second time, with what was wrong, when the form of the first answer is. ``sample``
        tells independent answers to one question apart, so that the cache does not merge them.

        Raises:
            ConsultFailed: no answer; never later than a quarter of a second past the deadline.
        """
        if not deadline_s > 0:
            raise ConsultFailed(FailureKind.TIMEOUT, "the deadline has passed already")
        if not offered:
            raise ConsultFailed(FailureKind.BAD_REQUEST, "no options are offered")
        digest = ""
        if self.cache.size:
            digest = prompt_digest(messages, offered, evidence_ids, sample)
            if (known := self.cache.get(self.config.model, digest)) is not None:
                return replace(known, cached=True, cost_usd=0.0, attempts=0, elapsed_s=0.0)
        now = asyncio.get_running_loop().time()
        question = Question(
            fitted(messages, system_prompt=self.config.dialect.system_prompt),
            offered,
            evidence_ids,
            now,
            now + deadline_s,
        )
        try:
            reply = await self._within_deadline(question)
        except ConsultFailed as failure:
            failure.attempts, failure.cost_usd = question.attempts, question.usd
            raise
        if digest:
            self.cache.put(self.config.model, digest, reply)
        return reply

    async def _within_deadline(self, question: Question) -> Reply:
        """Steps have bounds of their own and say what they waited for; this is the last one."""
        try:
            async with asyncio.timeout_at(question.deadline + GRACE_S):
                return await self._ask_in_turn(question)
        except ConsultFailed:
            raise
        except TimeoutError:
            raise ConsultFailed(FailureKind.TIMEOUT, "not ready within the deadline") from None
        except Exception as error:
            raise ConsultFailed(
                FailureKind.PROTOCOL, f"unexpected {type(error).__name__}: {error}"
            ) from error

    async def _ask_in_turn(self, question: Question) -> Reply:
        self.breaker.check()
        try:
            async with asyncio.timeout_at(question.deadline):
                wire = await self._wires.here()
        except TimeoutError:
            raise ConsultFailed(
                FailureKind.TIMEOUT, "the client was not ready within the deadline"
            ) from None
        # A slot that comes free when the time is nearly over is of no use: the request would be
        # paid for, cut off, and held against the host.
        left = question.deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(question.deadline - min(LEAST_S, left / 2)):
                await wire.slots.acquire()
        except TimeoutError:
            raise ConsultFailed(
                FailureKind.BUSY, f"{self.config.concurrency} questions were under way all the time"
            ) from None
        try:
            return await self._ask_and_correct(wire, question)
        finally:
            wire.slots.release()

    async def _ask_and_correct(self, wire: Wire, question: Question) -> Reply:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return await self._ask_once(wire, question, question.messages)
        except ConsultFailed as failure:
            took = loop.time() - begun
            # A second answer takes about as long as the first: one that cannot be in time is
            # not paid for.
            if failure.kind not in CORRECTABLE or question.deadline - loop.time() < took:
                raise
            first = failure
        try:
            turns = corrected(question.messages, first.message)
            return await self._ask_once(wire, question, turns)
        except ConsultFailed as second:
            if second.billable and second.kind is not FailureKind.TIMEOUT:
                raise
            raise ConsultFailed(
                first.kind, f"{first.message}; asked again: {second.kind}"
            ) from second

    async def _ask_once(self, wire: Wire, question: Question, messages: Sequence[Message]) -> Reply:
        config = self.config
        tokens = token_bound(messages)
        spending = Spending(
            self._budget,
            tokens + config.max_tokens,
            self._usd(tokens, config.max_tokens),
            question.deadline,
        )
        attempts = Attempts(
            self.breaker,
            Patience(question.deadline, config.attempts, config.backoff_s, config.backoff_max_s),
            spending.reserve,
            spending.failed,
        )
        extra = form_of(config.dialect, question)
        question.asked += 1
        cost: float | None = None
        try:
            said = await attempts.run(lambda: wire.chat.ask(messages, extra_body=extra))
            usage = usage_of(said)
            # More than can have been is not believed: what was reserved stays spent.
            if usage and (usage.prompt > tokens or usage.completion > config.max_tokens):
                usage = None
            cost = None if usage is None else self._usd(usage.prompt, usage.completion)
        except ConsultFailed:
            cost = 0.0  # What may have been charged was taken out before.
            raise
        finally:
            question.attempts += attempts.sent
            await spending.settle(cost)
            question.usd += spending.usd
        checked = read(
            completion_of(said),
            offered=frozenset(question.offered),
            evidence=frozenset(question.evidence),
        )
        return Reply(
            answer=checked.answer,
            reasoning=checked.reasoning[: config.reasoning_chars],
            usage=usage,
            cost_usd=question.usd,
            attempts=question.attempts,
            asked=question.asked,
            elapsed_s=asyncio.get_running_loop().time() - question.started,
            model=reported(str(said.response_metadata.get("model_name") or config.model)),
            dialect=config.dialect.name,
        )

    def _usd(self, tokens_in: int, tokens_out: int) -> float:
        config = self.config
        return (
            tokens_in * config.usd_per_million_in + tokens_out * config.usd_per_million_out
        ) / 1e6


def reported(name: str) -> str:
    """A model's name on one line; told apart by a digest where that is not the whole name."""
    shown = one_line(name, limit=128)
    return (
        shown
        if shown == name
        else f"{shown}#{sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"
    )
