"""What is certified is what the consult step lets act: no more, no less."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.answer import Answer
from agents.calibration import AgentCalibration, AgentCertificate
from agents.confidence import WORDS
from agents.config import ClientConfig, configure
from agents.consultant import R1Consultant, key_of, prompt_of, sample_from
from agents.fitting import fit_calibration
from agents.labelled import labelled, reach
from agents.reply import Reply, Usage
from signalbox.domain.consultation import Consultation
from signalbox.domain.enums import Kind
from signalbox.domain.prediction import ScoredOption
from tests.agents.labelled import cases, informed

OFFERED = ("network", "payroll")
QUESTION = Consultation(
    kind=Kind.ROUTING,
    tenant="default",
    subject="INC-1",
    excerpt="the printer",
    offered=OFFERED,
    ranked=(
        ScoredOption(option="network", probability=0.6),
        ScoredOption(option="payroll", probability=0.4),
    ),
)
REPLIES = st.builds(
    lambda choice, word, tokens: Reply(
        answer=Answer(choice=choice, reasons=["because"], evidence=[], confidence=word),
        reasoning="",
        usage=Usage(10, 10, tokens),
        cost_usd=0.0,
        attempts=1,
        asked=1,
        elapsed_s=0.1,
        model="r1",
        dialect="vllm",
    ),
    st.sampled_from(OFFERED),
    st.sampled_from(WORDS),
    st.integers(10, 9_000),
)


@dataclass
class Prepared:
    """A client that has its replies already; nothing goes over a wire."""

    replies: list[Reply]
    sent: list[int] = field(default_factory=list)
    config: ClientConfig = field(
        default_factory=lambda: configure(base_url="http://127.0.0.1:1/v1", model="r1")
    )

    async def ask(self, *_: object, sample: int = 0) -> Reply:
        self.sent.append(sample)
        return self.replies[sample]


@cache
def calibration() -> AgentCalibration:
    return fit_calibration(cases(11, 600, informed), key_of(prompt_of(QUESTION), _FIRST))


_FIRST = Reply(
    Answer(choice="network", reasons=["x"], evidence=[], confidence="even"),
    "", None, 0.0, 1, 1, 0.1, "r1", "vllm",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(first=REPLIES, second=REPLIES, at=st.floats(0, 1))
def test_a_case_reaches_a_threshold_just_where_the_consultant_would_act(
    first: Reply, second: Reply, at: float
) -> None:
    known = calibration()
    samples = [sample_from(first), sample_from(second)]
    case = labelled("INC-1", samples, QUESTION.ranked, "network")
    reached = reach(known, case)
    # Thresholds at the very edge and on either side of it.
    for level in (0.5 + at / 2, reached, float(np.nextafter(reached, 1))):
        certificate = AgentCertificate(threshold=level, bound=0.05)
        told = known.model_copy(update={"certificate": certificate})
        client = Prepared([first, second])
        consultant = R1Consultant(client, lambda key, told=told: told)  # type: ignore[misc,arg-type]
        found = asyncio.run(consultant.consult(QUESTION))
        assert found.proposal is not None, found.note
        assert found.proposal.certified == (reached >= level)
        assert found.proposal.certified <= (found.samples == 2)
        if found.proposal.certified:
            assert (found.proposal.option == "network") == case.correct
