"""Faults in what is said: each takes a correct answer and says it in a way that must be read well.

Every function maps (what would be said, the answer it holds) to what is said instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from evals.scripted.answers import Answer
from evals.scripted.said import Said

Shape = Callable[[Said, Answer], Said]

UNKNOWN_ID = "scripted-not-offered"
LONG_REASONING = 1_000_000  # characters
LONG_CONTENT = 10_000_000


def content(text: str | None) -> Shape:
    """Say this and nothing else."""
    return lambda said, answer: replace(said, content=text)


def around(before: str, after: str) -> Shape:
    """The answer with something before and after it."""
    return lambda said, answer: replace(said, content=f"{before}{answer.text()}{after}")


def wrong(**fields: Any) -> Shape:
    """The answer with some fields changed or added."""
    return lambda said, answer: replace(said, content=json.dumps(answer.fields() | fields))


def finish(reason: str) -> Shape:
    """A whole answer with another finish reason."""
    return lambda said, answer: replace(said, finish_reason=reason)


def cut(reason: str) -> Shape:
    """Half of the JSON, and this finish reason."""
    return lambda said, answer: replace(
        said, content=answer.text()[: len(answer.text()) // 2], finish_reason=reason
    )


def inline(how: Literal["tags", "closing"]) -> Shape:
    """The reasoning in the content, as from a host that runs without a reasoning parser."""
    return lambda said, answer: replace(said, inline=how)


def unknown_id(said: Said, answer: Answer) -> Said:
    return replace(said, content=replace(answer, choice=UNKNOWN_ID).text())


def think_twice(said: Said, answer: Answer) -> Said:
    """A draft between two think parts names an option nobody offered; what counts comes last."""
    draft = replace(answer, choice=UNKNOWN_ID).text()
    again = f"{draft}\n<think>\nNo, that was not offered.\n</think>\n\n{answer.text()}"
    return replace(said, content=again, inline="tags")


def in_reasoning_only(said: Said, answer: Answer) -> Said:
    return replace(said, reasoning=f"{said.reasoning}\n{answer.text()}", content="")


def duplicate_keys(said: Said, answer: Answer) -> Said:
    """Two choices in one object: a reader that keeps the last one would never notice."""
    first = json.dumps(UNKNOWN_ID)
    return replace(said, content=f'{{"choice": {first}, {answer.text()[1:]}')


def twice(said: Said, answer: Answer) -> Said:
    return replace(said, content=f"{answer.text()}\n{answer.text()}")


def as_array(said: Said, answer: Answer) -> Said:
    return replace(said, content=f"[{answer.text()}]")


def refusal(said: Said, answer: Answer) -> Said:
    return replace(said, content="", finish_reason="content_filter")


def long_reasoning(said: Said, answer: Answer) -> Said:
    """1 MB of it, then a correct answer."""
    times = LONG_REASONING // len(said.reasoning) + 1
    return replace(said, reasoning=(said.reasoning * times)[:LONG_REASONING], whole=True)


def long_content(said: Said, answer: Answer) -> Said:
    """One JSON object of 10 MB: well-formed, and larger than any reason can be."""
    endless = replace(answer, reasons=("scripted " * (LONG_CONTENT // 9),))
    return replace(said, content=endless.text(), whole=True)
