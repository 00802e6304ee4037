"""The two commands, run in this process; they answer with their JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from signalbox.cli import app

Make = Callable[..., Path]


def run(*words: object, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output + repr(result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def learn(data: Path, out: Path, *more: object, code: int = 0) -> dict[str, Any]:
    return run(
        "learn", "agent", "--data", data, "--label", "team", "--id", "id", "--out", out, "--json",
        *more, code=code,
    )  # fmt: skip


def evaluate(data: Path, *more: object, code: int = 0) -> dict[str, Any]:
    return run(
        "eval", "agent", "--data", data, "--label", "team", "--id", "id", "--json", *more, code=code
    )
