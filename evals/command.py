"""Evaluate a model folder on a file: what ``eval routing`` calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.gates import judge, read_gate
from evals.labels import refuse_unknown, unknown_labels
from evals.reading import read_as_learned
from evals.routing import evaluate_routing
from signalbox.domain.errors import BadInput
from signalbox.learning.store import load_router

Progress = Callable[[str, float], None]


def evaluate_folder(
    model: Path,
    data: Path,
    *,
    label: str,
    time: str | None = None,
    id_column: str | None = None,
    online: bool = False,
    online_control: bool = False,
    out_of_scope: str | None = None,
    gate_file: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The figures of ``eval routing``; columns are read as they were learned.

    ``unknown_labels`` says which labels of the file the model never saw, ``warnings`` what the
    reader should know before trusting the figures. ``online`` walks the rows with the learner that
    learns on, ``online_control`` with what a server does: the labels of the fixed router, and a
    threshold that outcomes move. ``mode`` names which it was. Raises BadInput, BadModel and kin
    with the fix as hint, before anything is measured.
    """
    if gate_file is not None:
        read_gate(gate_file)
    walked = "--online" if online else "--online-control" if online_control else ""
    if online and online_control:
        raise BadInput(
            "--online and --online-control measure two different things", hint="name one of them"
        )
    if walked and time is None:
        raise BadInput(
            f"{walked} walks the rows in time order", hint="name the time column with --time"
        )
    router = load_router(model)
    table = read_as_learned(router, data, label=label, time=time, id_column=id_column)
    present = set(table.labels)
    if out_of_scope is not None and out_of_scope not in present:
        raise BadInput(
            f"{data}: no row carries the label {out_of_scope!r}",
            hint="check --out-of-scope against the label column",
        )
    if present == {out_of_scope}:
        raise BadInput(
            f"{data}: every row carries the label {out_of_scope!r}, so there is nothing to route",
            hint="give rows that belong to a team as well, or leave --out-of-scope out",
        )
    if not online:
        refuse_unknown(data, table, router.classes, label, out_of_scope)
    if online:
        from evals.online import evaluate_online

        result = evaluate_online(router, table, model, progress=progress)
    elif online_control:
        from evals.control import evaluate_control

        result = evaluate_control(router, table, progress=progress)
    else:
        result = evaluate_routing(router, table, out_of_scope=out_of_scope, progress=progress)
    unknown = unknown_labels(table, router.classes, out_of_scope)
    result["unknown_labels"] = unknown.to_json()
    result["warnings"] = [*table.notes, *unknown.notes(online)]
    result["mode"] = walked.removeprefix("--") or "fixed"
    result["gate"] = judge(result, gate_file) if gate_file is not None else None
    return result
