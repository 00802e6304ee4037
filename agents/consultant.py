"""The consultant: one hard case in, one judged proposal or one typed failure out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents.calibration import AgentCalibration, CalibrationKey, judge
from agents.client import R1Client
from agents.contexts import Context, DecisionContext, EvidenceItem, Offered, RoutingContext
from agents.failures import ConsultFailed, FailureKind, one_line
from agents.features import Sample, features_of, sample_of
from agents.messages import Message
from agents.prompt import Prompt, render
from agents.record import SUSPENDED, Record
from agents.reply import Reply
from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.enums import Kind
from signalbox.domain.errors import SignalboxError
from signalbox.domain.outcome import Outcome

log = logging.getLogger("signalbox.agents")

Calibrations = Callable[[CalibrationKey], AgentCalibration | None]


@dataclass(slots=True)
class _Case:
    """What has been learned about one case so far."""

    prompt: Prompt
    replies: list[Reply] = field(default_factory=list)

    @property
    def samples(self) -> list[Sample]:
        return [sample_from(reply) for reply in self.replies]

    @property
    def cost_usd(self) -> float:
        return sum(reply.cost_usd for reply in self.replies)


class R1Consultant:
    """Asks a reasoning model about hard cases; never raises but for its caller's cancellation.

    A second sample is taken when the first matters: when a second one that agreed could make the
    choice certain enough to act on. ``calibrations`` finds the calibration of a model and prompt;
    without one a proposal is for a person. The model is named as the host reports it, so that a
    host that swaps models also loses its calibration. What the model said is cleaned before it is
    kept, by the question's own ``redact``, else by this one; of the reasoning nothing is kept
    without ``keep_reasoning``. At most ``pending`` cases are under way at once. ``more``
    adds to the report what others know, such as the budget.
    """

    def __init__(
        self,
        client: R1Client,
        calibrations: Calibrations = lambda key: None,
        *,
        deadline_s: float = 30.0,
        pending: int = 100,
        redact: Callable[[str], str] = str,
        keep_reasoning: bool = False,
        more: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.client = client
        self._calibrations = calibrations
        self._deadline_s = deadline_s
        self._most_pending = pending
        self._redact = redact
        self._keep_reasoning = keep_reasoning
        self._more = more
        self._pending = 0
        self.record = Record()
        self.failures: dict[str, int] = {}
        self.proposals = 0
        self.cost_usd = 0.0

    @property
    def status(self) -> str:
        """Which model at which host, and what the breaker makes of it."""
        config = self.client.config
        return (
            f"on: {config.model} at {config.host} ({config.dialect.name}), "
            f"breaker {self.client.breaker.state.value}"
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self.client.aclose()

    async def consult(self, question: Consultation) -> Consulted:
        """A proposal from the offered options, or why there is none."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if self._pending >= self._most_pending:
            failure = ConsultFailed(FailureKind.BUSY, f"{self._pending} cases are under way")
            return self._failed(failure, question, [], begun)
        self._pending += 1
        replies: list[Reply] = []
        try:
            case = _Case(prompt_of(question), replies)
            return await self._ask(case, question, begun)
        except ConsultFailed as failure:
            return self._failed(failure, question, replies, begun)
        except SignalboxError as error:
            refused = ConsultFailed(FailureKind.BAD_REQUEST, str(error))
            return self._failed(refused, question, replies, begun)
        except Exception as error:
            # Nothing that happens while asking may keep a task from its fallback.
            log.exception("consulting about '%s' failed", question.subject)
            unexpected = ConsultFailed(FailureKind.PROTOCOL, f"{type(error).__name__}: {error}")
            return self._failed(unexpected, question, replies, begun)
        finally:
            self._pending -= 1

    async def sample(self, prompt: Prompt, number: int, taken_s: float = 0.0) -> Reply:
        """One independent reply about a case, for fitting and evaluation.

        ``taken_s`` is what earlier samples of the case took of its deadline.

        Raises:
            ConsultFailed: as the client does.
        """
        ends = asyncio.get_running_loop().time() + self._deadline_s - taken_s
        return await self._reply(prompt, ends, number)

    async def _ask(self, case: _Case, question: Consultation, begun: float) -> Consulted:
        ends = begun + self._deadline_s
        case.replies.append(await self._reply(case.prompt, ends, 0))
        key = key_of(case.prompt, case.replies[0])
        calibration = self._calibrations(key)
        note = ""
        if calibration and (unlike := _unlike(calibration, question)):
            calibration, note = None, f"; {unlike}"
        if self._matters(case, question, key, calibration):
            try:
                case.replies.append(await self._reply(case.prompt, ends, 1))
            except ConsultFailed as failure:
                self._count(failure.kind)
                note = f"; the second sample failed: {failure.kind.value}"
            else:
                if key_of(case.prompt, case.replies[1]) != key:
                    calibration, note = None, "; the host changed models between two samples"
        features = features_of(case.samples, question.ranked)
        judged = judge(features, calibration, key)
        if judged.promise is not None and self.record.suspended(judged.promise):
            judged = judged.withdrawn(SUSPENDED)
        reply = next(r for r in case.replies if r.answer.choice == judged.choice)
        proposal = judged.proposal(
            key,
            reasons=tuple(self._clean(reason, question) for reason in reply.answer.reasons),
            evidence=tuple(reply.answer.evidence),
            cost_usd=case.cost_usd,
        )
        self.proposals += 1
        self.cost_usd += case.cost_usd
        count = len(case.replies)
        standing = judged.reason or "certified"
        return Consulted(
            proposal=proposal,
            note=f"proposed '{judged.choice}' ({count} sample(s); {standing}){note}",
            samples=count,
            requests=sum(r.attempts for r in case.replies),
            cost_usd=case.cost_usd,
            elapsed_s=round(asyncio.get_running_loop().time() - begun, 4),
            reasoning=self._clean(reply.reasoning, question) if self._keep_reasoning else "",
        )

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Hold what turned out right against the certificate that the proposal met."""
        self.record.feed_back(decision, outcome)

    def report(self) -> dict[str, Any]:
        """``status``, ``breaker``, ``proposals``, ``cost_usd`` and ``failures`` since the start,
        and ``autonomy`` in words."""
        suspended = self.record.suspensions()
        found: dict[str, Any] = {
            "status": self.status,
            "breaker": self.client.breaker.state.value,
            "proposals": self.proposals,
            "cost_usd": round(self.cost_usd, 6),
            "failures": dict(sorted(self.failures.items())),
            "pending": self._pending,
            "alarms": self.record.alarms,
            "suspended": suspended,
        }
        return found | self._more()

    def _clean(self, said: str, question: Consultation) -> str:
        """What the model said, fit to be stored and shown: no key, no personal data."""
        key = self.client.config.api_key
        if len(key) >= 4:
            said = said.replace(key, "[secret]")
        redact = question.redact or self._redact
        return one_line(redact(said), limit=max(len(said), 1))

    def _matters(
        self,
        case: _Case,
        question: Consultation,
        key: CalibrationKey,
        calibration: AgentCalibration | None,
    ) -> bool:
        if calibration is None or calibration.key != key or 2 not in calibration.samples:
            return False
        first = case.samples[0]
        best = judge(features_of([first, first], question.ranked), calibration, key)
        alone = judge(features_of([first], question.ranked), calibration, key)
        return best.certified and not alone.certified

    async def _reply(self, prompt: Prompt, ends: float, number: int) -> Reply:
        left = ends - asyncio.get_running_loop().time()
        return await self.client.ask(
            [Message("user", prompt.text)], prompt.offered, prompt.evidence, left, sample=number
        )

    def _failed(
        self,
        failure: ConsultFailed,
        question: Consultation,
        replies: list[Reply],
        begun: float,
    ) -> Consulted:
        self._count(failure.kind)
        cost = failure.cost_usd + sum(r.cost_usd for r in replies)
        self.cost_usd += cost
        return Consulted(
            # The host's own words may be among these, and it quotes what it was sent.
            note=self._clean(f"failed: {failure}", question),
            failure=failure.kind.value,
            samples=len(replies),
            requests=failure.attempts + sum(r.attempts for r in replies),
            cost_usd=cost,
            elapsed_s=round(asyncio.get_running_loop().time() - begun, 4),
        )

    def _count(self, kind: FailureKind) -> None:
        self.failures[kind.value] = self.failures.get(kind.value, 0) + 1


def _unlike(calibration: AgentCalibration, question: Consultation) -> str:
    """Why a calibration says nothing of cases asked like this one; "" where it does.

    Which cases are hard depends on the router, and how hard they are on what is offered: a
    certificate speaks of cases like those it was made of.
    """
    if calibration.local_model not in ("", question.local_model):
        return "its calibration was made beside another router"
    if calibration.candidates not in (0, question.candidates):
        return f"its calibration was made with {calibration.candidates} candidates"
    return ""


def context_of(question: Consultation) -> Context:
    """What the prompt of the question's kind is rendered from."""
    offered = tuple(Offered(id=name) for name in question.offered)
    evidence = tuple(EvidenceItem(id=one.id, text=one.text) for one in question.evidence)
    if question.kind is Kind.DECISION:
        return DecisionContext(
            subject=question.subject,
            excerpt=question.excerpt,
            attributes=question.attributes,
            offered=offered,
            ranked=question.ranked,
            automatic=question.automatic,
            evidence=evidence,
            question=question.question or "Which of the options is taken?",
            criteria=question.criteria,
        )
    return RoutingContext(
        subject=question.subject,
        excerpt=question.excerpt,
        attributes=question.attributes,
        offered=offered,
        ranked=question.ranked,
        automatic=question.automatic,
        evidence=evidence,
    )


def key_of(prompt: Prompt, reply: Reply) -> CalibrationKey:
    """What a calibration must be for, to speak of this reply."""
    return CalibrationKey(model=reply.model, prompt_version=prompt.version, dialect=reply.dialect)


def prompt_of(question: Consultation) -> Prompt:
    """What the model is told about a case."""
    return render(context_of(question))


def sample_from(reply: Reply) -> Sample:
    """What the calibration reads of a reply."""
    tokens = reply.usage.reasoning if reply.usage else None
    answer = reply.answer
    return sample_of(answer.choice, answer.confidence, reply.reasoning, tokens)
