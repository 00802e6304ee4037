"""What of a model's answer is kept, and for which router its calibration speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from agents.client import reported
from agents.consultant import R1Consultant, prompt_of
from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.enums import Kind
from tests.agents.certified import answering, certifying

SAID = "see ann@example.org, key sk-topsecret-123456\u202e and more"
QUESTION = Consultation(
    kind=Kind.ROUTING,
    tenant="default",
    subject="t1",
    offered=("a", "b"),
    local_model="router-1",
    candidates=5,
)


def consult(**more: Any) -> Consulted:
    redact: Callable[[str], str] = lambda text: text.replace("ann@example.org", "[EMAIL_1]")  # noqa: E731
    consultant = R1Consultant(answering(said=SAID), redact=redact, **more)
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
    same = consult(calibrations=certifying(local_model="router-1"))
    other = consult(calibrations=certifying(local_model="router-2"))
    assert same.proposal is not None and other.proposal is not None
    assert same.proposal.certified and same.proposal.promise is not None
    assert not other.proposal.calibrated and other.proposal.promise is None
    assert "beside another router" in other.note


def test_a_calibration_made_with_other_numbers_of_candidates_says_nothing() -> None:
    same = consult(calibrations=certifying(candidates=5))
    other = consult(calibrations=certifying(candidates=3))
    assert same.proposal is not None and other.proposal is not None
    assert same.proposal.certified
    assert not other.proposal.calibrated
    assert "made with 3 candidates" in other.note


def test_names_that_redaction_makes_alike_stay_apart() -> None:
    one, other = reported("deepseek-r1-20250528-1"), reported("deepseek-r1-20250120-2")
    assert one != other
    assert reported("deepseek-ai/DeepSeek-R1") == "deepseek-ai/DeepSeek-R1"
    assert len(reported("x" * 900)) <= 256


def test_a_business_decision_is_asked_with_its_own_prompt_question_and_criteria() -> None:
    told = {"kind": Kind.DECISION, "question": "Is it paid?", "criteria": ("Paid once",)}
    prompt = prompt_of(QUESTION.model_copy(update=told))
    assert prompt.version.startswith("decision-1@")
    assert 'question: "Is it paid?"' in prompt.text
    assert 'criterion: "Paid once"' in prompt.text
    assert prompt_of(QUESTION).version.startswith("routing-1@")
