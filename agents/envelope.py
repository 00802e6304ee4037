"""The body of a chat completion: bytes to the few fields that count, or a typed failure.

langchain-openai takes a string, an error object with status 200 or a null for ``choices`` each in
its own way (ValueError, KeyError, TypeError); here they are all ``protocol``.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from agents.failures import ConsultFailed, FailureKind
from agents.faults import error_failure

REASONING_FIELDS = ("reasoning_content", "reasoning")
_MAX_TOKENS = 10_000_000


def parse_envelope(body: bytes, *, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    """``{"choices": [one], "model": str, "usage": {...}}`` with nothing else in it.

    The one choice has ``message`` (role, content: str or None, the reasoning fields that are
    there, ``refusal``) and ``finish_reason`` (str or None). ``usage`` is left out unless it holds
    token counts that make sense.

    Raises:
        ConsultFailed: protocol.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        _fail("the body is empty" if not body.strip() else "the body is not JSON")
    if not isinstance(found, dict):
        _fail("the body is not a JSON object")
    if found.get("error"):
        raise error_failure(found["error"], secrets=secrets)
    if found.get("object") == "error":
        raise error_failure(found, secrets=secrets)
    choices = found.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        _fail("there are no choices")
    choice = _choice(choices[0], secrets)
    said = any(choice["message"].get(field) for field in ("content", *REASONING_FIELDS))
    usage = _usage(found.get("usage"), said=said)
    return {
        "choices": [choice],
        "model": _text(found.get("model")),
        **({"usage": usage} if usage else {}),
    }


def _choice(choice: dict[str, Any], secrets: tuple[str, ...]) -> dict[str, Any]:
    if choice.get("error"):
        raise error_failure(choice["error"], secrets=secrets)
    said = choice.get("message")
    if not isinstance(said, dict):
        _fail("the choice has no message")
    content = said.get("content")
    if content is not None and not isinstance(content, str):
        _fail("the content is not text")
    reason = choice.get("finish_reason")
    if reason is not None and not isinstance(reason, str):
        _fail("the finish reason is not text")
    message = {"role": "assistant", "content": content}
    for field in (*REASONING_FIELDS, "refusal"):
        if text := _text(said.get(field)):
            message[field] = text
    return {"message": message, "finish_reason": reason}


def _usage(usage: Any, *, said: bool) -> dict[str, Any] | None:
    """The counts, or None: a prompt of nothing, or words of no tokens, would be a free answer."""
    if not isinstance(usage, dict):
        return None
    counts = {
        name: usage.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    }
    if counts["total_tokens"] is None and _count(counts["prompt_tokens"]):
        counts["total_tokens"] = (counts["prompt_tokens"] or 0) + (counts["completion_tokens"] or 0)
    if not all(_count(value) for value in counts.values()):
        return None
    if not counts["prompt_tokens"] or (said and not counts["completion_tokens"]):
        return None
    details = usage.get("completion_tokens_details")
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if _count(thought):
        counts["completion_tokens_details"] = {"reasoning_tokens": thought}
    return counts


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MAX_TOKENS


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fail(message: str) -> NoReturn:
    # A body that cannot be read tells nothing about what the host charges for it.
    raise ConsultFailed(FailureKind.PROTOCOL, message, billable=True)
