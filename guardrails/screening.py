"""First station of the spine: bound, redact and look for text that tries to give orders.

Detection of injected instructions is known to miss most attacks. So a finding can only raise
risk, and the absence of one permits nothing.
"""

from __future__ import annotations

import re

from pydantic import Field

from guardrails.redaction import Redactor
from signalbox.domain.base import Value
from signalbox.domain.task import Task

SCREENED_CHARACTERS = 8_000

_ORDERS = re.compile(
    r"(?:ignore|disregard|forget|override)\s{1,4}(?:\w{1,20}\s{1,4}){0,3}"
    r"(?:instructions?|rules?|prompts?|polic(?:y|ies))"
    r"|system\s{0,2}prompt|developer\s{1,3}mode|jailbreak"
    r"|(?:you\s{1,3}are\s{1,3}now|act\s{1,3}as)\s{1,3}(?:an?\s{1,3})?(?:admin|root|system|dan\b)"
    r"|<\|?(?:im_start|system|assistant)\|?>|\[/?INST\]",
    re.IGNORECASE,
)


class Screened(Value):
    """What later stations may know of a task without reading it.

    ``excerpt`` and ``attributes`` are redacted and bounded: the only form in which the task may
    reach a language model, a log or a trace. ``text_length`` is in characters; ``redactions``
    are those of the text.
    """

    text_length: int
    redactions: int
    language_risk: bool
    excerpt: str
    attributes: dict[str, str] = Field(default_factory=dict)


def screen(task: Task, redactor: Redactor | None = None) -> Screened:
    """Screen a task; only the first ``SCREENED_CHARACTERS`` characters of its text are examined.

    ``redactor`` is the task's own, so that a value has one placeholder in the text, in attributes
    and in whatever is said of them later. The same task is redacted the same way every time.
    """
    redactor = redactor or Redactor()
    head = task.text[:SCREENED_CHARACTERS]
    redacted = redactor.redact(head)
    return Screened(
        text_length=len(task.text),
        redactions=redacted.count,
        language_risk=_ORDERS.search(head) is not None,
        excerpt=redacted.text,
        attributes={redactor(name): redactor(value) for name, value in task.attributes.items()},
    )
