"""Where the verdicts of two rule sets on the same facts part, and which rules made them part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rules.model import Rule
from rules.verdict import RuleVerdict

ASPECTS = ("guard", "forced", "allowed", "fallback")


class Difference(NamedTuple):
    """``before`` and ``after`` hold the ``aspects`` that differ, JSON-ready.

    ``because`` names the rules: ``rule``, ``set`` (before or after: where it fired alone),
    ``effect`` and ``why``. Empty where no rule did, such as a fact that only one set declares.
    """

    aspects: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    because: tuple[dict[str, str], ...]

    def row(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "aspects": list(self.aspects),
            "before": self.before,
            "after": self.after,
            "because": list(self.because),
        }


def compare(before: RuleVerdict, after: RuleVerdict) -> Difference | None:
    """None where both leave the same options, force and fall back to the same, guard the same.

    Which rules fired on the way is no difference by itself.
    """
    aspects = tuple([name for name in ASPECTS if getattr(before, name) != getattr(after, name)])
    if not aspects:
        return None
    return Difference(
        aspects,
        _shown(before, after, aspects),
        _shown(after, before, aspects),
        (*_alone(before, after, "before"), *_alone(after, before, "after")),
    )


def _shown(verdict: RuleVerdict, other: RuleVerdict, aspects: tuple[str, ...]) -> dict[str, Any]:
    """Of the options left only those that the other does not leave: there may be hundreds."""
    shown: dict[str, Any] = {}
    for name in aspects:
        if name == "guard":
            shown["guard"] = verdict.guard.word
            shown["reasons"] = list(verdict.reasons)
        elif name == "allowed":
            shown["only_allowed_here"] = [
                one for one in verdict.allowed if one not in other.allowed
            ]
            shown["allowed"] = len(verdict.allowed)
        else:
            shown[name] = getattr(verdict, name)
    return shown


def _alone(verdict: RuleVerdict, other: RuleVerdict, where: str) -> Iterator[dict[str, str]]:
    """Rules that bore on ``verdict`` and not, or not in the same way, on the other."""
    theirs = {rule.id: rule.effect for rule in _bearing(other)}
    for rule in _bearing(verdict):
        if theirs.get(rule.id) != rule.effect:
            yield {"rule": rule.id, "set": where, "effect": rule.effect, "why": rule.why}


def _bearing(verdict: RuleVerdict) -> list[Rule]:
    bearing = {*verdict.fired, *verdict.assumed}
    return [rule for rule in verdict.recorded.rules if rule.id in bearing]
