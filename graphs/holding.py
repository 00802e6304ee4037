"""A decision that was held back when it was about to take effect: what a person is shown of it."""

from __future__ import annotations

from signalbox.domain.autonomy import Held
from signalbox.domain.decision import Decision, GuardNote
from signalbox.domain.enums import DecisionStatus, Verdict


def draft_of(decision: Decision, held: Held) -> Decision:
    """``decision`` as a draft again, with what held it back as one more guard that spoke."""
    word = Verdict.REQUIRE_APPROVAL.word
    note = GuardNote(part=held.part, verdict=word, reason=held.message)
    notes = (*decision.trace.guard_notes, note)
    trace = decision.trace.model_copy(update={"guard": word, "guard_notes": notes})
    return decision.model_copy(
        update={"status": DecisionStatus.WAITING, "reason": held.message, "trace": trace}
    )
