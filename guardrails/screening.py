"""First station of the spine: bound, redact and look for text that tries to give orders.

Detection of injected instructions is known to miss most attacks. So a finding can only raise
risk, and the absence of one permits nothing.
"""

from __future__ import annotations

import re

from guardrails.redaction import redact
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
    """What later stations may know of a text without reading it.

    ``excerpt`` is redacted and bounded: the only form in which the text may reach a language
    model. ``text_length`` is in characters.
    """

    text_length: int
    redactions: int
    language_risk: bool
    excerpt: str


def screen(task: Task) -> Screened:
    """Screen a task's text; only its first ``SCREENED_CHARACTERS`` characters are examined."""
    head = task.text[:SCREENED_CHARACTERS]
    redacted = redact(head)
    return Screened(
        text_length=len(task.text),
        redactions=redacted.count,
        language_risk=_ORDERS.search(head) is not None,
        excerpt=redacted.text,
    )
