"""What of a model's answer is kept, and for which router its calibration speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from agents.answer import Answer
from agents.calibration import AgentCalibration, AgentCertificate, CalibrationKey
from agents.client import R1Client, reported
from agents.config import configure
from agents.consultant import R1Consultant
from agents.features import COLUMNS
from agents.reply import Reply
from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.enums import Kind

SAID = "see ann@example.org, key sk-topsecret-123456\u202e and more"
QUESTION = Consultation(
    kind=Kind.ROUTING, tenant="default", subject="t1", offered=("a", "b"), local_model="router-1"
)


class Answering(R1Client):
    """A client whose host always answers the same."""

    async def ask(self, *_: Any, **__: Any) -> Reply:
        answer = Answer(choice="a", reasons=[SAID], evidence=[], confidence="almost_certain")
        return Reply(answer, SAID, None, 0.0, 1, 1, 0.1, "r1", "vllm")


def consult(**more: Any) -> Consulted:
    config = configure(base_url="http://127.0.0.1:1/v1", model="r1", api_key="sk-topsecret-123456")
    redact: Callable[[str], str] = lambda text: text.replace("ann@example.org", "[EMAIL_1]")  # noqa: E731
    consultant = R1Consultant(Answering(config), redact=redact, **more)
    return asyncio.run(consultant.consult(QUESTION))


def test_reasons_are_cleaned_and_reasoning_is_not_kept() -> None:
    found = consult()
    assert found.proposal is not None
    (reason,) = found.proposal.reasons
    assert reason == "see [EMAIL_1], key [secret] and more"
    assert found.reasoning == ""


def test_reasoning_that_is_kept_is_cleaned_too() -> None:
    assert consult(keep_reasoning=True).reasoning == "see [EMAIL_1], key [secret] and more"


def test_a_calibration_made_beside_another_router_says_nothing() -> None:
    def beside(router: str) -> Callable[[CalibrationKey], AgentCalibration]:
        flat = (0.0,) * len(COLUMNS)
        return lambda key: AgentCalibration(
            key=key,
            low=flat,
            high=flat,
            centre=flat,
            scale=(1.0,) * len(COLUMNS),
            weights=flat,
            offset=3.0,
            samples=(1, 2),
            fitted=100,
            certificate=AgentCertificate(threshold=0.5, bound=0.04, n=100, accepted=100),
            local_model=router,
        )

    same, other = consult(calibrations=beside("router-1")), consult(calibrations=beside("router-2"))
    assert same.proposal is not None and other.proposal is not None
    assert same.proposal.certified
    assert not other.proposal.calibrated
    assert "beside another router" in other.note


def test_names_that_redaction_makes_alike_stay_apart() -> None:
    one, other = reported("deepseek-r1-20250528-1"), reported("deepseek-r1-20250120-2")
    assert one != other
    assert reported("deepseek-ai/DeepSeek-R1") == "deepseek-ai/DeepSeek-R1"
    assert len(reported("x" * 900)) <= 256
