"""Whether a plan keeps what it must: mandatory steps, needs and separate duties.

What the plan says of itself is checked first (``own_findings``); what an edit took from the plan it
changed is found by comparing the two (``lost_findings``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrails.soundness.finding import Code, Finding, listed
from guardrails.soundness.promises import Promises
from signalbox.domain.plan_edit import PlanEdit, Repeat
from signalbox.domain.template import Activity, Mandatory, Template

_KEEP = "leave it where it is"


def mandatory_types(template: Template) -> dict[str, Mandatory]:
    """Types of activities that may not be left out, and how far that goes."""
    found: dict[str, Mandatory] = {}
    for step in template.activities:
        if step.mandatory is Mandatory.ALWAYS or (
            step.mandatory is Mandatory.IN_BRANCH and step.type_id not in found
        ):
            found[step.type_id] = step.mandatory
    return found


def watched_types(template: Template) -> frozenset[str]:
    """Types of activities that any promise is about."""
    found = set(mandatory_types(template))
    found.update(duty for pair in template.separate for duty in pair)
    found.update(need for step in template.activities for need in step.needs)
    return frozenset(found)


def own_findings(template: Template, promises: Promises) -> Iterator[Finding]:
    """What a sound plan breaks of what it states itself."""
    bit = {name: 1 << place for place, name in enumerate(promises.types)}
    live = _live(template)
    for name, level in mandatory_types(template).items():
        if name not in live:
            yield _finding(Code.MANDATORY_REMOVED, name, f"the mandatory '{name}' never runs")
        elif level is Mandatory.ALWAYS and promises.avoidable & bit[name]:
            yield _finding(
                Code.MANDATORY_BYPASSED,
                name,
                f"a case can complete without the mandatory '{name}'",
                "put it on every path, or mark it in_branch",
            )
        if promises.twice_straight & bit[name]:
            yield _duplicated(name)
    for step in template.activities:
        early = promises.early.get(step.id, 0)
        for need in step.needs:
            if early & bit[need]:
                yield Finding(
                    code=Code.NEEDS,
                    ids=(step.id, need),
                    message=f"'{step.id}' can begin before '{need}' has run, which it needs",
                    fix=f"put '{need}' before it on every path",
                )
    for pair in template.separate:
        missing = tuple(duty for duty in pair if duty not in live)
        if missing:
            yield Finding(
                code=Code.DUTIES_REMOVED,
                ids=missing,
                message=f"{listed(missing)} has a duty to be kept separate and never runs",
                fix="put it back, or correct the pair",
            )
        for one in live.get(pair[0], ()):
            for other in live.get(pair[1], ()):
                problem = _shared(one, other)
                if problem:
                    yield Finding(
                        code=Code.DUTIES_SHARED,
                        ids=(one.id, other.id),
                        message=f"'{one.id}' and '{other.id}' must be separate: {problem}",
                        fix="give them different roles or different resources",
                    )


def lost_findings(
    before: Template, after: Template, kept: Promises, promises: Promises
) -> Iterator[Finding]:
    """What was promised ``before`` (``kept``) and is not any more."""
    mandatory = mandatory_types(before)
    duties = {duty for pair in before.separate for duty in pair}
    old, new = _live(before), _live(after)
    given_up = _given_up(kept, promises)
    for place, name in enumerate(promises.types):
        bit = 1 << place
        if name not in mandatory and name not in duties:
            continue
        code = Code.MANDATORY_REMOVED if name in mandatory else Code.DUTIES_REMOVED
        if len(new.get(name, ())) < len(old.get(name, ())):
            yield _finding(code, name, f"a step of '{name}' is taken out")
            continue
        if given_up & bit:
            code = Code.MANDATORY_BYPASSED if name in mandatory else Code.DUTIES_REMOVED
            yield _finding(code, name, f"'{name}' no longer runs in every case in which it did")
        more = len(new.get(name, ())) > len(old.get(name, ()))
        if name in mandatory and (more or promises.twice & ~kept.twice & bit):
            yield _duplicated(name)
    yield from _order(before, after, kept, promises, mandatory.keys() | duties)


def repeat_findings(before: Template, edits: Sequence[PlanEdit]) -> Iterator[Finding]:
    """Mandatory steps that an edit lets run again, even where a loop does so already."""
    mandatory = mandatory_types(before)
    types = {step.id: step.type_id for step in before.activities}
    for edit in edits:
        if isinstance(edit, Repeat) and types.get(edit.step) in mandatory:
            yield _duplicated(types[edit.step])


def _given_up(kept: Promises, promises: Promises) -> int:
    """Types to which some choice, or the start, led for certain and no longer does."""
    found = promises.avoidable & ~kept.avoidable
    for choice, without in kept.without.items():
        found |= promises.without.get(choice, -1) & ~without
    return found


def _order(
    before: Template, after: Template, kept: Promises, promises: Promises, guarded: set[str]
) -> Iterator[Finding]:
    """Steps that waited for a mandatory step or a separate duty, and would no longer."""
    allowed: dict[str, int] = {}
    for step in before.activities:
        if step.id in kept.early:
            allowed[step.type_id] = allowed.get(step.type_id, 0) | kept.early[step.id]
    for step in after.activities:
        if step.id not in promises.early or step.type_id not in allowed:
            continue
        for name in promises.named(promises.early[step.id] & ~allowed[step.type_id]):
            if name in guarded:
                yield Finding(
                    code=Code.ORDER,
                    ids=(step.id, name),
                    message=f"'{step.id}' would no longer wait for '{name}'",
                    fix=f"keep it behind '{name}', or have a person approve the change",
                )


def _live(template: Template) -> dict[str, list[Activity]]:
    found: dict[str, list[Activity]] = {}
    for step in template.activities:
        if not step.skipped:
            found.setdefault(step.type_id, []).append(step)
    return found


def _shared(one: Activity, other: Activity) -> str:
    """Why two steps may come to be done by the same person; "" if they cannot."""
    if one.resource and other.resource:
        return f"both are given to '{one.resource}'" if one.resource == other.resource else ""
    if not one.role or not other.role:
        return "not both of them have a role"
    return f"both belong to the role '{one.role}'" if one.role == other.role else ""


def _duplicated(name: str) -> Finding:
    message = f"the mandatory '{name}' could run twice in one case"
    return Finding(code=Code.MANDATORY_DUPLICATED, ids=(name,), message=message, fix="keep one")


def _finding(code: Code, name: str, message: str, fix: str = _KEEP) -> Finding:
    return Finding(code=code, ids=(name,), message=message, fix=fix)
