"""What a model has to answer: one offered choice, with reasons, evidence and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agents.confidence import THRESHOLDS, WORDS, BinWord

MAX_REASONS = THRESHOLDS.most_reasons
REASON_CHARS = THRESHOLDS.reason_characters
MAX_EVIDENCE = 64

_Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_CHARS, pattern=r"\S")]
_Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Answer(BaseModel):
    """A strict answer: a missing, further or mistyped field is an error, nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    choice: _Id
    reasons: list[_Reason] = Field(min_length=1, max_length=MAX_REASONS)
    evidence: list[_Id] = Field(max_length=MAX_EVIDENCE)
    confidence: BinWord


def answer_schema(offered: Sequence[str], evidence_ids: Sequence[str]) -> dict[str, Any]:
    """JSON schema of an answer about these ids, for hosts that decode under a grammar.

    Types and enumerations only: grammar back-ends differ in the bounds and patterns they take, and
    refuse or misread the others. The strict reader checks everything again.
    """
    text = {"type": "string"}
    quoted = {**text, "enum": list(evidence_ids)} if evidence_ids else text
    properties = {
        "choice": {**text, "enum": list(offered)},
        "reasons": {"type": "array", "items": text},
        "evidence": {"type": "array", "items": quoted},
        "confidence": {**text, "enum": list(WORDS)},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
