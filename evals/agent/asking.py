"""Asking a host about many cases: a few at a time, never twice, and stopping when it must."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from agents.consultant import R1Consultant, sample_from
from agents.failures import UNINFORMATIVE, ConsultFailed, FailureKind
from evals.agent.answers import Answered, Answers, Asked
from evals.agent.cases import Case
from signalbox.domain.base import utc_now

Progress = Callable[[str, float], None]
PATIENCE_S = 120.0
_FATAL = frozenset({FailureKind.BUDGET, FailureKind.AUTH, FailureKind.PAYMENT})
_BEFORE_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one case: its samples in order, up to the first that failed."""

    case: Case
    answers: tuple[Answered, ...]
    cost_usd: float
    wanted: int

    @property
    def said(self) -> tuple[Answered, ...]:
        return tuple(one for one in self.answers if one.said is not None)

    @property
    def whole(self) -> bool:
        """Whether every sample wanted was answered."""
        return len(self.said) == self.wanted

    @property
    def failure(self) -> FailureKind | None:
        return self.answers[-1].failure


@dataclass(slots=True)
class Asking:
    """One run over ``cases``: ``samples`` answers each, from ``answers`` where they are there.

    ``patience_s`` is how long a host may give no answer at all, its breaker open, before the run
    stops. ``stopped`` says afterwards why not everybody was asked about; "" where everybody was.
    """

    consultant: R1Consultant
    answers: Answers
    samples: int = 2
    patience_s: float = PATIENCE_S
    progress: Progress = lambda what, share: None
    stopped: str = ""
    requests: int = 0
    _heard: dict[str, Heard] = field(default_factory=dict)
    _answered_at: float = 0.0

    async def run(self, cases: Sequence[Case]) -> list[Heard]:
        """What was heard, in the order of ``cases``; those not reached are left out."""
        self._heard = {}
        todo = iter(cases)
        client = self.consultant.client
        await client.warm_up()
        self._answered_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(client.config.concurrency, len(cases))):
                    workers.create_task(self._work(todo, len(cases)))
        except ExceptionGroup as several:
            # One at a time, as whoever tells the user about it expects.
            raise several.exceptions[0] from None
        return [self._heard[case.id] for case in cases if case.id in self._heard]

    async def _work(self, todo: Iterator[Case], total: int) -> None:
        for case in todo:
            if self.stopped:
                return
            heard = await self._hear(case)
            if heard is None:
                return
            self._heard[case.id] = heard
            done = len(self._heard)
            self.progress(
                f"asked about {done} of {total}, ${self.answers.cost_usd:.4f}", done / total
            )

    async def _hear(self, case: Case) -> Heard | None:
        got: list[Answered] = []
        spent = 0.0
        for number in range(self.samples):
            asked = self._key(case, number)
            known = self.answers.find(asked)
            if known is None:
                if not await self._ask(case, asked, sum(one.elapsed_s for one in got)):
                    return None
                known = self.answers.last(asked)
                assert known is not None
            else:
                self.answers.reused += 1
            got.append(known)
            spent += self.answers.spent(asked)
            if known.said is None:
                break
        return Heard(case, tuple(got), spent, self.samples)

    def _key(self, case: Case, number: int) -> Asked:
        config = self.consultant.client.config
        return Asked(case.id, case.prompt.digest, config.model, config.dialect.name, number)

    async def _ask(self, case: Case, asked: Asked, taken_s: float) -> bool:
        """Ask until there is an answer or a failure to keep; False where the run has to stop."""
        loop = asyncio.get_running_loop()
        while not self.stopped:
            began = loop.time()
            try:
                reply = await self.consultant.sample(case.prompt, asked.sample, taken_s)
            except ConsultFailed as failure:
                self.requests += failure.attempts
                if failure.attempts or failure.kind not in UNINFORMATIVE:
                    self._keep(case, asked, loop.time() - began, failure)
                if failure.kind in _FATAL:
                    self.stopped = self.stopped or str(failure)
                    return False
                if failure.kind not in UNINFORMATIVE:
                    return True
                if not await self._pause(failure):
                    return False
                continue
            self.requests += reply.attempts
            self._answered_at = loop.time()
            self.answers.keep(
                Answered(
                    **asked._asdict(),
                    prompt_version=case.prompt.version,
                    said=sample_from(reply),
                    reported=reply.model,
                    cost_usd=reply.cost_usd,
                    elapsed_s=round(reply.elapsed_s, 4),
                    at=utc_now(),
                )
            )
            return True
        return False

    def _keep(self, case: Case, asked: Asked, took_s: float, failure: ConsultFailed) -> None:
        self.answers.keep(
            Answered(
                **asked._asdict(),
                prompt_version=case.prompt.version,
                failure=failure.kind,
                cost_usd=failure.cost_usd,
                elapsed_s=round(took_s, 4),
                at=utc_now(),
            )
        )

    async def _pause(self, failure: ConsultFailed) -> bool:
        """Wait until the host may be tried again; False, and stopped, where patience ends first."""
        now = asyncio.get_running_loop().time()
        wait = failure.retry_after_s or _BEFORE_AGAIN_S
        if now + wait > self._answered_at + self.patience_s:
            self.stopped = (
                self.stopped or f"{failure}; no answer for {now - self._answered_at:.0f} s"
            )
            return False
        await asyncio.sleep(wait)
        return True
