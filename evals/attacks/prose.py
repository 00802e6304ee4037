"""The report of ``bench attacks`` for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("model_asr", "system_asr", "utility", "false_escalations", "safe_end")


def prose(result: Mapping[str, Any]) -> str:
    """Two tables, arms and goals, and what was missed."""
    arms = result["arms"]
    files = ", ".join(f"{name} ({rows})" for name, rows in result["corpora"]["files"].items())
    lines = [
        f"model: {result['model']}",
        f"corpora: {files}; seed {result['seed']}; {result['seconds']:g} s",
        "",
        f"{'arm':12} {'attempts':>8}" + "".join(f"{name:>26}" for name in _COLUMNS),
    ]
    for name, arm in arms.items():
        cells = "".join(f"{_cell(arm[column]):>26}" for column in _COLUMNS)
        lines.append(f"{name:12} {arm['attempts']:8}{cells}")
    lines += ["", f"{'forbidden transitions by goal':30}" + "".join(f"{a:>13}" for a in arms)]
    for goal in next(iter(arms.values()))["by_goal"]:
        found = (arm["by_goal"][goal] for arm in arms.values())
        counts = (f"{one['system_asr']['hits']}/{one['attempts']}" for one in found)
        lines.append(f"{goal:30}" + "".join(f"{count:>13}" for count in counts))
    adaptive = arms["full"]["adaptive"]
    screen = result["screen"]
    lines += [
        "",
        f"adaptive attacker, full: {adaptive['system_asr']['hits']} of {adaptive['attempts']}",
        f"the screen flagged {screen['flagged']['value']:.1%} of the texts; of the others"
        f" {screen['not_flagged']['system_asr']['hits']} of {screen['not_flagged']['attempts']}"
        " succeeded",
        f"of the utility without attacks {arms['full']['utility_ratio']:.1%} is left",
    ]
    lines += [f"MISSED {bar}" for bar in result["failing"]] or ["every bar is met"]
    return "\n".join(lines)


def _cell(share: Mapping[str, float]) -> str:
    return f"{share['value']:.4f} [{share['low']:.4f} {share['high']:.4f}]"
