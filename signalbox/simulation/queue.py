"""The head of a queue, shown to the policy."""

from __future__ import annotations

from signalbox.learning.allocation.compiled import part
from signalbox.simulation.plant import State


@part
def look(state: State, j: int) -> None:
    """Show the policy the task of ``j`` that is next in line."""
    view = state.seen
    if view.waiting[j] > 0:
        token = state.queued[j, 0]
        view.arrived[j] = state.arrival[state.token_case[token]]
        view.since[j] = state.token_since[token]
