"""What the script says: which of the offered options, how sure, after what delay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

BINS = ("almost_certain", "likely", "even", "unlikely", "guess")
FALLBACK_OFFER = ("a", "b")
REASONING = "This is scripted reasoning, not a model's: the script names the option to take."
REASONS = ("scripted: this answer was written beforehand",)
MAX_DELAY_S = 60.0

_FIELDS = frozenset({"choice", "confidence", "delay_s", "evidence", "reasons", "reasoning"})
_MARKER = re.compile(r"OFFERED:\s*(?=\[)")


class BadScript(ValueError):
    """A script that cannot be followed; the message names the field."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision as the wire carries it."""

    choice: Any
    confidence: Any = "likely"
    reasons: Any = REASONS
    evidence: Any = ()

    def fields(self) -> dict[str, Any]:
        return {
            "choice": self.choice,
            "reasons": self.reasons,
            "evidence": self.evidence,
            "confidence": self.confidence,
        }

    def text(self) -> str:
        """The JSON object; NaN and Infinity are written as Python writes them, which is no JSON."""
        return json.dumps(self.fields())


@dataclass(frozen=True, slots=True)
class Script:
    """``choices`` holds "first", "second", "last" or literal ids and is used in turn.

    ``delay_s``: seconds before the answer, at most 60. ``reasons`` and ``reasoning`` are said word
    for word.
    """

    choices: tuple[str, ...] = ("first",)
    confidence: str = "likely"
    delay_s: float = 0.0
    evidence: tuple[str, ...] = ()
    reasons: tuple[str, ...] = REASONS
    reasoning: str = REASONING

    def changed(self, wanted: Mapping[str, Any]) -> Script:
        """This script with ``choice`` (one or a list) or any other of its fields changed.

        Raises BadScript for an unknown field or a value of the wrong kind.
        """
        unknown = set(wanted) - _FIELDS
        if unknown:
            raise BadScript(f"unknown field {sorted(unknown)[0]!r}")
        out = self
        if "choice" in wanted:
            out = replace(out, choices=_strings("choice", wanted["choice"]))
            if not out.choices:
                raise BadScript("choice: an empty list")
        if "evidence" in wanted:
            out = replace(out, evidence=_strings("evidence", wanted["evidence"]))
        if "reasons" in wanted:
            out = replace(out, reasons=_strings("reasons", wanted["reasons"]))
        if "reasoning" in wanted:
            if not isinstance(wanted["reasoning"], str):
                raise BadScript("reasoning: not a string")
            out = replace(out, reasoning=wanted["reasoning"])
        if "confidence" in wanted:
            if wanted["confidence"] not in BINS:
                raise BadScript(f"confidence: one of {', '.join(BINS)}")
            out = replace(out, confidence=wanted["confidence"])
        if "delay_s" in wanted:
            delay = wanted["delay_s"]
            if isinstance(delay, bool) or not isinstance(delay, int | float):
                raise BadScript("delay_s: not a number")
            if not 0 <= delay <= MAX_DELAY_S:
                raise BadScript(f"delay_s: between 0 and {MAX_DELAY_S:g}")
            out = replace(out, delay_s=float(delay))
        return out

    def answer(self, offered: Sequence[str], turn: int = 0) -> Answer:
        """The answer of the ``turn``-th request (from 0) that was offered these ids."""
        wanted = self.choices[turn % len(self.choices)]
        places = {"first": 0, "second": min(1, len(offered) - 1), "last": -1}
        choice = offered[places[wanted]] if wanted in places else wanted
        return Answer(choice, self.confidence, self.reasons, self.evidence)


def offered_ids(messages: Sequence[Any]) -> tuple[str, ...]:
    """The ids behind the first ``OFFERED: ["id-1", ...]`` in any message, else ("a", "b")."""
    decoder = json.JSONDecoder()
    for message in messages:
        text = message_text(message)
        for marker in _MARKER.finditer(text):
            try:
                found, _ = decoder.raw_decode(text, marker.end())
            except ValueError:
                continue
            if found and all(isinstance(one, str) for one in found):
                return tuple(found)
    return FALLBACK_OFFER


def message_text(message: Any) -> str:
    """The text of one chat message, whose content may be a string or a list of parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return ""


def _strings(field: str, value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise BadScript(f"{field}: not a string or a list of strings")
    return tuple(values)
