"""Guards that came into force after a decision began."""

from __future__ import annotations

from rules.verdict import RuleVerdict


def tighten(pinned: RuleVerdict, newest: RuleVerdict) -> RuleVerdict:
    """``pinned`` under the guards of ``newest`` as well: the more restrictive of the two.

    What is forced, allowed and fallen back to stays as it was; nothing is ever relaxed. Reasons
    of the newer set are added where its guards say more than the pinned ones.
    """
    if newest.digest == pinned.digest:
        return pinned
    reasons = pinned.reasons
    if newest.guard > pinned.guard:
        named = f"rules {newest.digest[:12]}, in force since it began: "
        reasons += tuple([named + reason for reason in newest.reasons])
    return pinned._replace(
        guard=max(pinned.guard, newest.guard),
        reasons=reasons,
        disagreement=pinned.disagreement or newest.disagreement,
    )
