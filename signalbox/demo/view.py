"""The demo's terminal view: a live screen on a terminal, plain lines anywhere else."""

from __future__ import annotations

import asyncio
import textwrap
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from signalbox.demo.events import Decided, Event, Waiting
from signalbox.demo.lines import Lines
from signalbox.demo.screen import Screen
from signalbox.demo.tally import Summary, Tally
from signalbox.demo.wording import printable, summary_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

NEXT_STEPS = (
    "signalbox demo --history desk.csv",
    "signalbox learn routing --data desk.csv --text text --label team --out model",
    "signalbox serve --model model",
)
_SECONDS_BETWEEN_DRAWINGS = 0.125


class DemoView:
    """Shows events as they come; on leaving it prints the summary.

    Use as a context manager. Ctrl-C inside ends the block quietly, after the summary; any other
    error passes through without one. ``live`` is by default whether ``console`` is a terminal that
    can draw and speaks UTF-8. ``every`` is the number of tasks between two lines of figures where
    it is not. ``show`` may be called from several threads.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        live: bool | None = None,
        every: int = 200,
        next_steps: Sequence[str] = NEXT_STEPS,
    ) -> None:
        from rich.console import Console

        self._console = console or Console()
        self._unicode = (self._console.encoding or "").lower().startswith("utf")
        able = self._console.is_terminal and not self._console.is_dumb_terminal and self._unicode
        self._is_live = able if live is None else live
        self._next_steps = tuple(next_steps)
        self._tally = Tally()
        self._screen = Screen()
        self._lines = Lines(every)
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._drawn = 0.0

    def __enter__(self) -> DemoView:
        if self._is_live:
            from rich.live import Live

            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None
            stopped = isinstance(error, KeyboardInterrupt)
            # asyncio turns Ctrl-C into a cancellation inside and raises it again outside.
            if error is None or stopped or isinstance(error, asyncio.CancelledError):
                self._close(stopped=error is not None)
        return stopped

    def show(self, event: Event) -> None:
        """Counts ``event`` and brings it to the terminal, at once or with the next drawing."""
        with self._lock:
            self._tally.add(event)
            if self._is_live:
                self._screen.take(event)
                self._draw(at_once=not isinstance(event, Decided | Waiting))
            else:
                for line in self._lines.of(event, self._tally):
                    for part in textwrap.wrap(
                        line, self._console.width - 1, subsequent_indent="  "
                    ):
                        self._say(part)

    def summary(self) -> Summary:
        """The figures so far."""
        with self._lock:
            return self._tally.summary()

    def _draw(self, *, at_once: bool) -> None:
        now = time.monotonic()
        if self._live is None or not (at_once or now - self._drawn >= _SECONDS_BETWEEN_DRAWINGS):
            return
        self._drawn = now
        size = self._console.size
        picture = self._screen.draw(self._tally, width=size.width, height=size.height)
        self._live.update(picture, refresh=True)

    def _close(self, *, stopped: bool) -> None:
        self._say("")
        self._say("Stopped by hand. What was measured:" if stopped else "What was measured:")
        for line in summary_lines(self._tally.summary(), unicode=self._unicode):
            self._say("  " + line)
        if self._next_steps:
            self._say("Next:")
            for step in self._next_steps:
                self._say("  " + step)

    def _say(self, line: str) -> None:
        """Prints one line as it is: no markup, no colours, nothing the encoding cannot hold."""
        encoding = self._console.encoding or "utf-8"
        self._console.print(
            printable(line).encode(encoding, "replace").decode(encoding),
            markup=False, highlight=False, soft_wrap=True, emoji=False,
        )  # fmt: skip
