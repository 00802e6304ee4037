"""The strict reader: a finished completion to a checked answer, or one typed failure.

In this order: finish reason, thought, blank, exactly one JSON object, schema, ids. Nothing is
repaired: a truncated or decorated answer is a failure that says so, because a repaired one could
name what the model did not mean. Pure functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import ValidationError

from agents.answer import Answer
from agents.failures import ConsultFailed, FailureKind, one_line

MAX_ANSWER_CHARS = 64_000
MAX_DEPTH = 8

_OPEN, _CLOSE = "<think>", "</think>"
_FENCED = re.compile(r"```json[ \t]*\r?\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
# Strings first, so that brackets inside them do not count; an unterminated one ends with the text,
# or every quote in it would be tried again (quadratic time on hostile text).
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Completion:
    """What a host sent: the text, the reasoning beside it, and how it ended."""

    content: str | None
    reasoning: str = ""
    finish_reason: str | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A checked answer and the thought that led to it."""

    answer: Answer
    reasoning: str


def read(completion: Completion, *, offered: Collection[str], evidence: Collection[str]) -> Read:
    """The answer in ``completion``, quoting ids of ``offered`` and ``evidence`` only.

    A thought in the text is split off whatever the dialect: a host whose reasoning parser is
    turned off sends it there, and no answer may hold the tag.

    Raises:
        ConsultFailed: refused, truncated, blank, invalid_json, invalid_schema or
            not_offered, with a message that the model can be told.
    """
    _check_finish(completion)
    thought, content = split_think(completion.content or "")
    reasoning = completion.reasoning or thought
    if not content.strip():
        _fail(FailureKind.BLANK, "the answer is blank")
    answer = parse_answer(content)
    check_ids(answer, offered, evidence)
    return Read(answer, reasoning)


def _check_finish(completion: Completion) -> None:
    reason = completion.finish_reason
    if completion.refusal or reason == "content_filter":
        _fail(FailureKind.REFUSED, "the model or its host declined to answer")
    if reason == "stop":
        return
    if reason is None:
        _fail(FailureKind.TRUNCATED, "the answer ended without a finish reason")
    if reason == "length":
        _fail(FailureKind.TRUNCATED, "the answer was cut off at the token limit")
    _fail(FailureKind.TRUNCATED, f"the answer ended by '{one_line(reason, limit=40)}', not 'stop'")


def split_think(content: str) -> tuple[str, str]:
    """(thought, answer), split at the last closing tag, with or without an opening one.

    A thought that is opened and never closed leaves no answer.
    """
    thought, closed, answer = content.rpartition(_CLOSE)
    if closed:
        return thought.strip().removeprefix(_OPEN).strip(), answer
    if content.lstrip().startswith(_OPEN):
        return content.strip().removeprefix(_OPEN).strip(), ""
    return "", content


def parse_answer(content: str) -> Answer:
    """The one JSON object that ``content`` is, alone or as a single ``json`` fence.

    Raises:
        ConsultFailed: invalid_json or invalid_schema.
    """
    text = content.strip()
    if len(text) > MAX_ANSWER_CHARS:
        _fail(FailureKind.INVALID_JSON, f"the answer is longer than {MAX_ANSWER_CHARS} characters")
    fenced = _FENCED.fullmatch(text)
    if fenced:
        text = fenced.group(1).strip()
    found = _load(text)
    try:
        return Answer.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(one_line(str(part), limit=40) for part in first["loc"])
        _fail(FailureKind.INVALID_SCHEMA, f"{where or 'answer'}: {first['msg']}")


def check_ids(answer: Answer, offered: Collection[str], evidence: Collection[str]) -> None:
    """Nothing but what was offered and shown may be named. Raises ConsultFailed (not_offered)."""
    if answer.choice not in offered:
        named = one_line(answer.choice, limit=60)
        _fail(FailureKind.NOT_OFFERED, f"choice: '{named}' was not offered")
    for quoted in answer.evidence:
        if quoted not in evidence:
            named = one_line(quoted, limit=60)
            _fail(FailureKind.NOT_OFFERED, f"evidence: there is no item '{named}'")


def _load(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        _fail(FailureKind.INVALID_JSON, "the answer is not a JSON object alone")
    if _depth(text) > MAX_DEPTH:
        _fail(FailureKind.INVALID_JSON, f"nested deeper than {MAX_DEPTH} levels")
    try:
        found = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except ConsultFailed:
        raise
    except json.JSONDecodeError as error:
        _fail(FailureKind.INVALID_JSON, f"{error.msg} at character {error.pos}")
    except (ValueError, RecursionError):
        _fail(FailureKind.INVALID_JSON, "a number or a nesting beyond all bounds")
    if not isinstance(found, dict):
        _fail(FailureKind.INVALID_JSON, "the answer is not a JSON object")
    return found


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "]}":
            depth -= 1
    return deepest


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _fail(FailureKind.INVALID_JSON, "a key is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    _fail(FailureKind.INVALID_JSON, f"{name} is not a JSON value")


def _fail(kind: FailureKind, message: str) -> NoReturn:
    # The model worked for this answer, and charged for it, whatever it is worth.
    raise ConsultFailed(kind, message, billable=True)
