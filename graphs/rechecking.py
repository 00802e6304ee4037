"""Whether what a person approved may still be done: asked anew when it is about to happen.

Between the draft and the answer lie minutes or days, and perhaps a restart with other rules. What
cannot be looked at again is not done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphs.binding import needed
from graphs.kind import Parts
from guardrails import screen
from rules import RuleVerdict
from signalbox.domain.decision import Decision
from signalbox.domain.enums import Verdict
from signalbox.domain.plain import apart
from signalbox.domain.task import Task

SHOWN_DIGEST = 8


async def problem(
    parts: Parts,
    predict: Callable[..., Awaitable[Any]],
    task: Task,
    draft: Decision,
    option: str,
    voters: Sequence[Sequence[str]],
) -> tuple[str, str]:
    """Why ``option``, approved by ``voters``, may not take effect now, empty when it may; and the
    digest of the rules that were asked, empty where none were.

    Of each voter whoever acted, and for whom: they are one vote.

    The rules in force are asked about the recorded facts and the options there are now. Where they
    are not the rules of the draft, or the draft is no longer fresh, they are also asked about facts
    taken anew, with the model in force. A guard that asks for a person has had one.
    """
    least = needed(parts.kind, parts.terms, task, draft, option)
    people = apart(voters)
    if people < least:
        return f"it takes {least} people to approve and has {people}", ""
    trace = draft.trace
    # What is recorded is redacted, and a rule would not know it again: of what the task itself says
    # the rules are told as it stands. What was measured then stays as it was.
    said = parts.kind.facts(task, screen(task), None, spoken=False)
    facts = {**trace.facts, **said, "option": option}
    verdict = parts.rules.evaluate(facts, tuple(parts.kind.options(task)))
    changed = verdict.digest != trace.rules_digest
    found = _against(parts, task, option, verdict)
    if changed and not found and verdict.problems:
        found = f"the recorded facts do not suffice: {', '.join(verdict.problems)}"
    if not found and (changed or parts.clock() - draft.decided_at > parts.terms.fresh):
        found = await _anew(parts, predict, task, draft, option)
    if not found or not changed:
        return found, verdict.digest
    was, now = trace.rules_digest[:SHOWN_DIGEST] or "none", verdict.digest[:SHOWN_DIGEST]
    changed_since = f"the rules changed since the draft ({was}, now {now}): {found}"
    return changed_since, verdict.digest


async def _anew(
    parts: Parts,
    predict: Callable[..., Awaitable[Any]],
    task: Task,
    draft: Decision,
    option: str,
) -> str:
    """The first half of the spine once more, for what has become of the case in the meantime."""
    kind, screened = parts.kind, screen(task)
    options = tuple(kind.options(task))
    ruled = parts.rules.evaluate(kind.facts(task, screened, None, spoken=False), options)
    if option not in ruled.allowed:
        return f"'{option}' is not among the options that are asked about now"
    prediction = await predict(task, ruled.allowed)
    if prediction is None and draft.trace.model_version:
        return "no model is ready to look at it again"
    facts = kind.facts(task, screened, prediction, spoken=True, option=option)
    return _against(parts, task, option, parts.rules.evaluate(facts, options))


def _against(parts: Parts, task: Task, option: str, verdict: RuleVerdict) -> str:
    if verdict.disagreement:
        return "the two rule evaluators disagree"
    if verdict.guard is Verdict.DENY:
        return f"a guard denies it: {'; '.join(verdict.reasons)}"
    if option not in verdict.allowed:
        return f"'{option}' is no longer offered"
    return parts.kind.verify(task, option, verdict.allowed)
