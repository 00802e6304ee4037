"""From rules that fire to a verdict: narrowing first, guards last, and every doubt closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.kinds import BOUND_BY
from rules.model import Rule
from signalbox.domain.enums import Verdict

_ALLOW = Verdict.ALLOW


class Narrowed(NamedTuple):
    """The part of a verdict that follows from the rules that fired."""

    forced: str | None
    forbidden: tuple[str, ...]
    allowed: tuple[str, ...]
    fallback: str | None
    guard: Verdict
    reasons: tuple[str, ...]


def interlock(
    fired: Sequence[Rule],
    options: Sequence[str],
    bound: Mapping[str, str],
    doubts: Sequence[str] = (),
) -> Narrowed:
    """Combine the rules that fired. ``doubts`` are those that were there before.

    A person is asked for, never a silent choice made, when rules force different options, when a
    forced or fallback option is forbidden, not offered or not bound, or when nothing is left.
    What is allowed is then what that person may choose from.
    """
    if not fired and options and not doubts:
        return Narrowed(None, (), tuple(options), None, _ALLOW, ())
    forced: list[str] = []
    forbidden: list[str] = []
    fallbacks: list[str] = []
    guard = _ALLOW
    reasons: list[str] = []
    for rule in fired:
        verdict = rule.verdict
        if verdict is not None:
            # A permit gives no verdict of its own: it is the lack of any that asks for a person.
            if verdict is not _ALLOW:
                if verdict > guard:
                    guard = verdict
                reasons.append(f"{rule.id}: {rule.why}")
            continue
        if rule.force is not None:
            forced.append(rule.force)
        if rule.fallback is not None:
            fallbacks.append(rule.fallback)
        if rule.forbid:
            forbidden += rule.forbid
    if bound:
        forced, fallbacks, forbidden = (
            [bound.get(name[1:], name) if name[0] == "$" else name for name in names]
            for names in (forced, fallbacks, forbidden)
        )

    doubts = list(doubts)
    target = _only("force", forced, options, forbidden, doubts) if forced else None
    fallback = _only("fall back to", fallbacks, options, forbidden, doubts) if fallbacks else None
    if target is not None:
        allowed: tuple[str, ...] = (target,)
    elif forbidden:
        allowed = tuple([option for option in options if option not in forbidden])
    else:
        allowed = tuple(options)
    if not allowed:
        doubts.append("the rules leave no option")
    if doubts:
        guard = max(guard, Verdict.REQUIRE_APPROVAL)
        reasons += doubts
    distinct = tuple(dict.fromkeys(forbidden)) if forbidden else ()
    return Narrowed(target, distinct, allowed, fallback, guard, tuple(reasons))


def _only(
    verb: str,
    targets: Sequence[str],
    options: Sequence[str],
    forbidden: Sequence[str],
    doubts: list[str],
) -> str | None:
    """The one target that can be taken, else None with the reason appended to ``doubts``."""
    target = targets[0]
    if targets.count(target) != len(targets):
        doubts.append(f"rules {verb} different options: {', '.join(sorted(set(targets)))}")
    elif target in forbidden:
        doubts.append(f"rules {verb} '{target}' and forbid it")
    elif target in options:
        return target
    elif target[0] == "$":
        setting = f"; set {BOUND_BY[target]}" if target in BOUND_BY else ""
        doubts.append(f"rules {verb} '{target}', which is not bound{setting}")
    else:
        doubts.append(f"rules {verb} '{target}', which is not offered")
    return None
