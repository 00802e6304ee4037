"""From a person's answer to the decision that is committed, if it may still be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from graphs import hitl, rechecking
from graphs.binding import NotAsApproved, seal
from graphs.kind import Parts
from signalbox.domain.decision import Decision, GuardNote
from signalbox.domain.enums import Verdict
from signalbox.domain.task import Task

RECHECK = "recheck"


async def settle(
    parts: Parts,
    predict: Callable[..., Awaitable[Any]],
    task: Task,
    draft: Decision,
    answer: Mapping[str, Any],
) -> Decision:
    """The decision that ``answer`` makes of ``draft``: denied where a re-check is against it.

    Raises:
        NotAsApproved: the draft that was paused is not the one that was answered.
        BadInput: as ``hitl.settle``.
    """
    bound = answer.get("bound")
    if not isinstance(bound, Mapping) or (
        seal(parts.kind, task, draft, bound["needed"]) != bound["digest"]
    ):
        raise NotAsApproved("the paused action does not have the digest it was approved under")
    fields = hitl.settle(draft, answer, list(draft.trace.offered))
    if hitl.takes_effect(answer):
        option = str(fields.get("option", draft.option))
        voters = [list(one) for one in bound["voters"]]
        against, rechecked = await rechecking.problem(parts, predict, task, draft, option, voters)
        if against:
            fields = hitl.refusal(
                draft.trace.standing, f"approved by {fields['actor']} but not done: {against}"
            )
        note = GuardNote(
            part=RECHECK,
            verdict=(Verdict.DENY if against else Verdict.ALLOW).word,
            reason=against or "still offered, and no guard denies it",
        )
        notes = (*draft.trace.guard_notes, note)
        seen = {"guard_notes": notes, "rechecked": rechecked}
        fields["trace"] = draft.trace.model_copy(update=seen)
    return draft.model_copy(update=fields | {"decided_at": parts.clock()})
