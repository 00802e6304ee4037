"""The demo as plain lines, for a pipe, a log or CI: few, readable, no control characters."""

from __future__ import annotations

from collections.abc import Iterator

from signalbox.demo.events import (
    Decided,
    Event,
    Learned,
    LevelChanged,
    Notice,
    Resolved,
    Running,
    Waiting,
)
from signalbox.demo.tally import Tally
from signalbox.demo.wording import adviser, excerpt, figures_line, learned_lines, running_lines

_SAMPLES = 4


class Lines:
    """Turns events into lines: the first few decisions and waits, then a figure now and then."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._running: Running | None = None
        self._decided = self._waiting = self._resolved = 0

    def of(self, event: Event, tally: Tally) -> Iterator[str]:
        """The lines ``event`` is worth, often none; ``tally`` has counted it already."""
        if isinstance(event, Running):
            self._running = event
            yield from running_lines(event)
        elif isinstance(event, Learned):
            yield from learned_lines(event)
        elif isinstance(event, LevelChanged):
            yield f"Autonomy {event.before} -> {event.after}: {event.reason}"
        elif isinstance(event, Notice):
            yield f"[{event.level}] {event.text}"
        elif isinstance(event, Resolved):
            self._resolved += 1
            if self._resolved <= _SAMPLES:
                yield f"{event.task} answered by {event.actor}: {event.verb} {event.team}".rstrip()
        else:
            yield from self._task(event, tally)

    def _task(self, event: Decided | Waiting, tally: Tally) -> Iterator[str]:
        sure = "" if event.probability is None else f" p={event.probability:.2f}"
        if isinstance(event, Decided):
            self._decided += 1
            if self._decided <= _SAMPLES:
                rule = f", rule {event.rule}" if event.rule else ""
                by = adviser(self._running) if event.by == "agent" else event.by
                head = f"{event.task} -> {event.team}{sure} by {by}{rule}, {event.ms:.1f} ms"
                yield _with_text(head, event.text)
        else:
            self._waiting += 1
            if self._waiting <= _SAMPLES:
                said = f"; {adviser(self._running)}: {event.advice}" if event.advice else ""
                guess = f"{event.team}?{sure}{said}"
                head = f"{event.task} waits for {event.who} ({guess}): {event.reason}"
                yield _with_text(head, event.text)
        if tally.tasks % self._every == 0:
            yield figures_line(tally.summary())


def _with_text(head: str, text: str) -> str:
    left = 78 - len(head)
    return f'{head} "{excerpt(text, left - 3)}"' if left > 15 else head
