"""What an earlier release left that this one has to be able to go on with."""

from __future__ import annotations

from collections.abc import Collection

from signalbox.domain.errors import BadInput
from signalbox.domain.ports import Ledger


def check_paused(ledger: Ledger, steps: Collection[str]) -> None:
    """BadInput where decisions are paused at a step that the graph of this release does not have.

    LangGraph would resume such a run without a word and without doing anything.
    """
    paused = ledger.paused_steps()
    gone = {step: count for step, count in paused.items() if step not in steps}
    if gone:
        listed = ", ".join(f"{count} at '{step}'" for step, count in sorted(gone.items()))
        raise BadInput(
            f"decisions wait at steps that this version does not have: {listed}",
            hint="start the version that paused them and have them answered (GET /v1/approvals),"
            " or let them expire; nothing was changed",
        )
