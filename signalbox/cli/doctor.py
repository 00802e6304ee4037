"""``signalbox doctor``: what is in place, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer

from signalbox.cli.output import AsJson, emit

PARTS = (
    "langgraph", "langchain-openai", "pydantic", "durable-rules", "duckdb", "tenacity", "fastapi",
    "sqlalchemy", "scikit-learn",
)  # fmt: skip
EXTRAS = {
    "sentence-transformers": "embeddings", "torch": "torch", "psycopg": "postgres",
    "deepeval": "evals",
}  # fmt: skip


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def examine() -> list[dict[str, Any]]:
    """One row a check: name, state (ok, note, fail), detail."""
    from rules import engine_available
    from signalbox import checkup
    from signalbox.domain.errors import SignalboxError
    from signalbox.engine import PYTHON_ONLY
    from signalbox.settings import read_settings, unknown_variables
    from signalbox.tree import check_tree

    rows: list[dict[str, Any]] = []

    def row(name: str, state: str, detail: str) -> None:
        rows.append({"check": name, "state": state, "detail": detail})

    row("python", "ok", platform.python_version())
    try:
        check_tree()
        row("packages", "ok", "the six top-level packages resolve to this tree")
    except SignalboxError as error:
        row("packages", "fail", str(error))
    for name in PARTS:
        found = _version(name)
        missing = "note" if name == "durable-rules" else "fail"
        row(name, "ok" if found else missing, found or "not installed")
    for name, extra in EXTRAS.items():
        found = _version(name)
        row(name, "ok" if found else "note", found or f"not installed (extra '{extra}')")
    both, why = engine_available()
    row(
        "rule evaluators",
        "ok" if both else "note",
        "both" if both else PYTHON_ONLY.format(why=why),
    )
    try:
        settings = read_settings()
    except SignalboxError as error:
        row("settings", "fail", str(error))
        return rows
    for sentence in unknown_variables(os.environ):
        row("settings", "note", sentence)
    row("rules", *checkup.try_rules(settings))
    row("database", *checkup.try_ledger(settings))
    row("model", *checkup.try_model(settings))
    row("language model", *checkup.try_language_model(settings))
    return rows


def doctor(
    as_json: AsJson = False,
) -> None:
    """Check the installation; exit 1 when something needed is missing."""
    rows = examine()
    healthy = all(one["state"] != "fail" for one in rows)
    text = "\n".join(f"  {one['state']:4}  {one['check']:22} {one['detail']}" for one in rows)
    emit({"healthy": healthy, "checks": rows}, as_json, lambda: text)
    if not healthy:
        raise typer.Exit(1)
