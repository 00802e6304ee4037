"""Random event streams for the demo's tests."""

from __future__ import annotations

from hypothesis import strategies as st

from signalbox.demo.events import Decided, Event, LevelChanged, Notice, Resolved, Waiting

TEAMS = st.sampled_from(["network", "identity"])
TEXTS = st.text(max_size=40)
CHANCES = st.none() | st.floats(0, 1)
TIMES = st.floats(0, 10_000)
VERBS = st.sampled_from(["approve", "edit", "reject", "respond"])


@st.composite
def event_streams(draw: st.DrawFn) -> list[Event]:
    """Up to 60 tasks in a row, each decided alone or waiting, some answered, notices between."""
    events: list[Event] = []
    for number in range(draw(st.integers(0, 60))):
        task, text, team = f"T-{number:06d}", draw(TEXTS), draw(TEAMS)
        if draw(st.booleans()):
            truth = draw(st.sampled_from(["network", "identity", ""]))
            by = draw(st.sampled_from(["rule", "model", "agent", "fallback"]))
            events.append(Decided(task, text, team, truth, by, draw(TIMES), draw(CHANCES)))
        else:
            events.append(Waiting(task, text, team, team, "unsure", draw(TIMES), draw(CHANCES)))
            if draw(st.booleans()):
                events.append(Resolved(task, draw(VERBS), team, "Ada"))
        if draw(st.integers(0, 15)) == 0:
            events.append(Notice(draw(TEXTS), "drift"))
            events.append(LevelChanged("automatic", "suggest", draw(TEXTS)))
    return events
