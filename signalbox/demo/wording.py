"""How figures and texts read in the terminal; the live screen and the plain lines share it."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.demo.events import Learned, Running
from signalbox.demo.tally import BLOCK, Summary

NO_LANGUAGE_MODEL = (
    "No language model is configured: consult is off; uncertain tasks go to a person"
)
SCRIPTED = "SCRIPTED"
SCRIPTED_MODEL = f"{SCRIPTED} answers, test equipment with no model behind it"
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.:-=+*#"
_FLOOR = 0.80


def percent(share: float | None) -> str:
    """A share in [0, 1] as "93.4%", "-" for None."""
    return "-" if share is None else f"{100 * share:.1f}%"


def printable(text: str) -> str:
    """The text with blanks for control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def excerpt(text: str, width: int) -> str:
    """The printable text on one line of at most ``width`` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: max(width - 3, 0)].rstrip() + "..."


def sparkline(blocks: Sequence[float], width: int, *, unicode: bool = True) -> str:
    """The last ``width`` blocks, lowest bar for 80% and below, highest for 100%."""
    bars = _BARS if unicode else _ASCII_BARS
    scaled = [(share - _FLOOR) / (1 - _FLOOR) for share in blocks[-width:]]
    return "".join(bars[round(min(max(x, 0.0), 1.0) * (len(bars) - 1))] for x in scaled)


def running_lines(running: Running) -> list[str]:
    """What is up, one thing a line."""
    model = SCRIPTED_MODEL if running.scripted else running.language_model
    lines = [f"Models: {', '.join(running.models) or 'none'}", f"Rules: {running.rules}"]
    lines.append(f"Language model: {model}" if model else NO_LANGUAGE_MODEL)
    if running.address:
        lines.append(f"Serving at {running.address}")
    return lines


def adviser(running: Running | None) -> str:
    """What the language model is called beside its proposals; nothing scripted passes for one."""
    return "scripted" if running is not None and running.scripted else "agent"


def learned_lines(learned: Learned) -> list[str]:
    """What was learned and what could be certified."""
    bound = learned.certified_bound
    promise = (
        f"error certified <= {percent(bound)}" if bound is not None else "no error bound certified"
    )
    return [
        f"Learned from {learned.rows:,} tickets, {learned.teams} teams, in {learned.seconds:.1f} s",
        f"Held out: accuracy {percent(learned.accuracy)}, "
        f"coverage {percent(learned.coverage)}, {promise}",
    ]


def accuracy_words(summary: Summary) -> str:
    """Accuracy among those decided alone, with its 95% Wilson interval."""
    if summary.selective_accuracy is None:
        return "-"
    low, high = summary.interval
    return f"{percent(summary.selective_accuracy)} [{percent(low)}, {percent(high)}]"


def figures_line(summary: Summary) -> str:
    """The running figures on one line of less than 80 columns."""
    ms = "-" if summary.median_ms is None else f"{summary.median_ms:.1f} ms"
    return (
        f"{summary.tasks} tasks, alone {percent(summary.coverage)}, "
        f"right {accuracy_words(summary)}, {ms}, {summary.waiting} waiting"
    )


def summary_lines(summary: Summary, *, unicode: bool = True) -> list[str]:
    """The final figures, a line each."""
    ms = "-" if summary.median_ms is None else f"{summary.median_ms:.1f} ms"
    asked = summary.tasks - summary.alone
    answers = ", ".join(f"{verb} {n}" for verb, n in sorted(summary.answered.items()))
    names = {"agent": "scripted"} if summary.scripted else {}
    by = ", ".join(f"{names.get(who, who)} {n}" for who, n in sorted(summary.by.items()))
    lines = [
        f"Tasks               {summary.tasks}",
        f"Decided alone       {summary.alone} ({percent(summary.coverage)})",
        f"Right among those   {summary.right} = {accuracy_words(summary)}, 95% Wilson interval",
        f"Sent to a person    {asked}, {summary.waiting} still waiting",
        f"Stray mail routed   {summary.stray_routed} (counted as wrong)",
        f"Median time         {ms}",
    ]
    if by:
        lines.insert(2, f"Decided by          {by}")
    if answers:
        lines.insert(-2, f"Answers             {answers}")
    if summary.level_changes:
        lines.append(f"Autonomy changes    {summary.level_changes}")
    proposals = f"{summary.advised} proposals, {summary.acted_on} acted on alone"
    if summary.scripted:
        lines.append(f"Language model      {SCRIPTED_MODEL}:")
        lines.append(f"                    {proposals}")
    elif summary.language_model:
        lines.append(f"Language model      {proposals}")
    if summary.blocks:
        bars = sparkline(summary.blocks, 40, unicode=unicode)
        lines.append(f"Accuracy over time  {bars}")
        lines.append(f"                    (a bar for {BLOCK} decisions, from 80% to 100%)")
    return lines
