"""One question on its way to the model, and what its answer holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.answer import answer_schema
from agents.dialects import Dialect
from agents.messages import Message
from agents.reader import Completion
from agents.reply import Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage


@dataclass(slots=True)
class Question:
    """What is asked, and what it took up to now. ``started`` and ``deadline`` are loop time."""

    messages: list[Message]
    offered: Sequence[str]
    evidence: Sequence[str]
    started: float
    deadline: float
    attempts: int = 0
    asked: int = 0
    usd: float = 0.0


def form_of(dialect: Dialect, question: Question) -> dict[str, Any] | None:
    """The request fields that ask for JSON, or None where the prompt alone does."""
    if dialect.json_mode == "prompt":
        return None
    if dialect.json_mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    schema = answer_schema(question.offered, question.evidence)
    form = {"name": "answer", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def completion_of(said: AIMessage) -> Completion:
    """What the reader needs of a langchain message."""
    kept = said.additional_kwargs
    return Completion(
        content=str(said.content),
        reasoning=kept.get("reasoning_content") or kept.get("reasoning") or "",
        finish_reason=said.response_metadata.get("finish_reason"),
        refusal=kept.get("refusal") or "",
    )


def usage_of(said: AIMessage) -> Usage | None:
    """The tokens the host counted, or None where it did not, or not credibly."""
    counted = said.usage_metadata
    if counted is None:
        return None
    details = counted.get("output_token_details") or {}
    return Usage(counted["input_tokens"], counted["output_tokens"], details.get("reasoning"))
