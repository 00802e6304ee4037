"""The live screen: panels and tables for a terminal of 80 columns and more."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from signalbox.demo.events import Decided, Learned, LevelChanged, Notice, Running, Waiting
from signalbox.demo.tally import BLOCK, Tally
from signalbox.demo.wording import (
    accuracy_words,
    adviser,
    excerpt,
    learned_lines,
    percent,
    running_lines,
    sparkline,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_FIXED_LINES = 18
_STYLES = {"info": "cyan", "warning": "yellow", "drift": "bold magenta"}


class Screen:
    """What is on the terminal now. ``draw`` needs rich, nothing else here does."""

    def __init__(self) -> None:
        self.running: Running | None = None
        self.learned: Learned | None = None
        self.latest: deque[Decided | Waiting] = deque(maxlen=20)
        self.notices: deque[tuple[str, str]] = deque(maxlen=2)

    def take(self, event: object) -> None:
        """Remembers what will be shown of ``event``."""
        if isinstance(event, Running):
            self.running = event
        elif isinstance(event, Learned):
            self.learned = event
        elif isinstance(event, Decided | Waiting):
            self.latest.append(event)
        elif isinstance(event, LevelChanged):
            words = f"Autonomy {event.before} -> {event.after}: {event.reason}"
            self.notices.append((words, _STYLES["warning"]))
        elif isinstance(event, Notice):
            self.notices.append((event.text, _STYLES[event.level]))

    def draw(self, tally: Tally, *, width: int, height: int) -> RenderableType:
        """Everything, cut to fit ``width`` by ``height`` characters."""
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        room = max(height - _FIXED_LINES, 4)
        asked = min(max(room // 3, 1), 5)
        parts: list[RenderableType] = [
            Panel(self._about(), title="Signalbox demo", title_align="left"),
            self._figures(tally, width),
            self._decisions(room - asked, width),
            self._approvals(tally, asked, width),
        ]
        parts += [
            Text(excerpt(words, width), style=style, no_wrap=True) for words, style in self.notices
        ]
        return Group(*parts)

    def _about(self) -> RenderableType:
        from rich.text import Text

        lines = running_lines(self.running) if self.running else ["Starting"]
        if self.learned:
            lines += learned_lines(self.learned)
        return Text("\n".join(lines))

    def _figures(self, tally: Tally, width: int) -> RenderableType:
        from rich.text import Text

        now = tally.summary()
        ms = "-" if now.median_ms is None else f"{now.median_ms:.1f} ms"
        bars = sparkline(now.blocks, width - 44) or f"after {BLOCK} decisions"
        return Text(
            f"{now.tasks} tasks   decided alone {percent(now.coverage)}   median {ms}\n"
            f"right among those {accuracy_words(now)} (95% interval)\n"
            f"accuracy by {BLOCK}, bars from 80% to 100%: {bars}",
            no_wrap=True,
        )

    def _decisions(self, rows: int, width: int) -> Table:
        table = _table("Latest decisions", width)
        for name, size in (("task", 8), ("text", None), ("team", 13), ("p", 4)):
            table.add_column(name, width=size, no_wrap=True, ratio=None if size else 1)
        for name, size in (("by", 8), ("rule", 9)):
            table.add_column(name, width=size, no_wrap=True)
        table.add_column("ms", width=5, no_wrap=True, justify="right")
        for event in list(self.latest)[-rows:]:
            table.add_row(
                *_cells(
                    event.task, event.text, event.team, _chance(event.probability),
                    *self._by(event), f"{event.ms:.1f}",
                )
            )  # fmt: skip
        return table

    def _by(self, event: Decided | Waiting) -> tuple[str, str]:
        """Who decided or advised, and the rule that fired or who should look."""
        name = adviser(self.running)
        if isinstance(event, Decided):
            return name if event.by == "agent" else event.by, event.rule
        return name if event.advice else "asks", event.who

    def _approvals(self, tally: Tally, rows: int, width: int) -> Table:
        waiting = tally.open
        table = _table(f"Approvals waiting: {len(waiting)}", width)
        for name, size in (("task", 8), ("text", None), ("proposed", 13), ("p", 4)):
            table.add_column(name, width=size, no_wrap=True, ratio=None if size else 1)
        table.add_column("who should look", width=15, no_wrap=True)
        advised = self.running is not None and bool(self.running.language_model)
        if advised:
            table.add_column(f"{adviser(self.running)} says", width=13, no_wrap=True)
        for event in waiting[-rows:]:
            known = (event.task, event.text, event.team, _chance(event.probability), event.who)
            table.add_row(*_cells(*known, *([event.advice or "-"] if advised else [])))
        return table


def _table(title: str, width: int) -> Table:
    from rich.table import Table

    return Table(
        title=title, title_justify="left", title_style="bold", width=width, box=None,
        padding=(0, 1, 0, 0), header_style="dim",
    )  # fmt: skip


def _cells(*texts: str) -> list[RenderableType]:
    from rich.text import Text

    # Text, not markup: what a ticket says must not style or steer the terminal.
    return [Text(excerpt(text, 200), overflow="ellipsis") for text in texts]


def _chance(probability: float | None) -> str:
    return "-" if probability is None else f"{probability:.2f}"
