"""Evaluate a model folder on a file: what ``eval routing`` calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.gates import judge
from evals.routing import evaluate_routing
from signalbox.domain.errors import BadInput
from signalbox.learning.limits import Limits
from signalbox.learning.store import load_router
from signalbox.learning.table import read_table

Progress = Callable[[str, float], None]


def evaluate_folder(
    model: Path,
    data: Path,
    *,
    label: str,
    time: str | None = None,
    online: bool = False,
    out_of_scope: str | None = None,
    gate_file: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The figures of ``eval routing``; columns are read as they were learned.

    Raises BadInput, BadModel and kin with the fix as hint.
    """
    if online and time is None:
        raise BadInput(
            "--online walks the rows in time order", hint="name the time column with --time"
        )
    router = load_router(model)
    table = read_table(
        data,
        text=router.columns.get("text"),
        attributes=tuple(router.attribute_names),
        label=label,
        time=time,
        limits=Limits(min_labels=1),
    )
    present = set(table.labels)
    if out_of_scope is not None and out_of_scope not in present:
        raise BadInput(
            f"{data}: no row carries the label {out_of_scope!r}",
            hint="check --out-of-scope against the label column",
        )
    if not online and not present & set(router.classes):
        raise BadInput(
            f"{data}: the model knows none of the labels in column {label!r}",
            hint="is this the column, and the model, that belong together?",
        )
    if online:
        from evals.online import evaluate_online

        result = evaluate_online(router, table, model, progress=progress)
    else:
        result = evaluate_routing(router, table, out_of_scope=out_of_scope, progress=progress)
    result["gate"] = judge(result, gate_file) if gate_file is not None else None
    return result
