"""What ``python -m evals.contract`` does: run the matrix and print it."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from evals.contract import ALL_FAULTS, Cell, Consult, run_matrix, summary
from evals.scripted.dialects import DIALECTS
from evals.scripted.process import running_scripted
from signalbox.domain.errors import BadInput, SignalboxError

OWN_CLIENT = "evals.consulting:consult"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.contract",
        description="Every dialect x every fault against a client, on a scripted server.",
    )
    parser.add_argument(
        "--client",
        default=OWN_CLIENT,
        metavar="MODULE:FUNCTION",
        help="async (base_url, dialect, deadline_s) -> (result, seconds); default: %(default)s",
    )
    parser.add_argument("--table", action="store_true", help="print every cell")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--dialect", action="append", help="only this one; may be repeated")
    parser.add_argument("--fault", action="append", help="only this one; may be repeated")
    parser.add_argument("--deadline", type=float, default=3.0, help="seconds for each question")
    parser.add_argument("--parallel", type=int, default=8, help="questions at a time")  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        cells, sent = _run(
            load_client(given.client),
            given.dialect or list(DIALECTS),
            given.fault or list(ALL_FAULTS),
            given.deadline,
            given.parallel,
        )
    except SignalboxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    figures = summary(cells) | sent
    if given.json:
        report = figures | {"results": [cell.report() for cell in cells]}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        _print(cells, figures, table=given.table)
    if figures["equipment_errors"]:
        sys.stderr.write("the scripted server itself failed: this run says nothing\n")
        return 1
    return 0 if figures["as_expected"] == figures["cells"] else 1


def load_client(name: str) -> Consult:
    """The function named ``module:function``; BadInput where there is none."""
    module, _, function = name.partition(":")
    try:
        found: Consult = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(
            f"--client {name}: {error}", hint="write it as package.module:function"
        ) from None
    return found


def _run(
    consult: Consult,
    dialects: Sequence[str],
    faults: Sequence[str],
    deadline_s: float,
    parallel: int,
) -> tuple[list[Cell], dict[str, Any]]:
    """The cells, and how many requests the server saw: in all, and at most in one cell."""

    async def work(url: str) -> list[Cell]:
        # Once unmeasured: the first question of a process also pays for the client's imports.
        await run_matrix(consult, url, dialects[:1], ["none"], 50.0, 1)
        return await run_matrix(consult, url, dialects, faults, deadline_s, parallel)

    with running_scripted() as model:
        cells = asyncio.run(work(model.url))
        stats = model.stats()
    busiest = max(stats["by_path"].items(), key=lambda item: item[1], default=("", 0))
    return cells, {
        "requests": stats["requests"],
        "most_requests_in_a_cell": busiest[1],
        "busiest_cell": "/".join(busiest[0].split("/")[1:3]),
        "equipment_errors": stats["internal_errors"],
    }


def _print(cells: Sequence[Cell], figures: dict[str, Any], *, table: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 150)
    if table:
        dialects = list(dict.fromkeys(cell.dialect for cell in cells))
        shown = Table("fault", "expected", *dialects, title="scripted server, no model involved")
        for fault in dict.fromkeys(cell.fault for cell in cells):
            row = [cell for cell in cells if cell.fault == fault]
            wanted = sorted({result for cell in row for result in cell.expected})
            shown.add_row(fault, " or ".join(wanted), *map(_shown, row))
        console.print(shown)
    for cell in cells:
        if cell.complaint is not None:
            console.print(f"{cell.dialect} x {cell.fault}: {cell.complaint}", markup=False)
    console.print(
        "{as_expected} of {cells} cells as expected: {proposals} proposals, {failures} typed "
        "failures, {escaped} escaped exceptions; latest answer {latest_s:+.3f} s from its "
        "deadline; {requests} requests, at most {most_requests_in_a_cell} in one cell "
        "({busiest_cell})".format(**figures),
        markup=False,
    )


def _shown(cell: Cell) -> str:
    if cell.complaint is None:
        return f"[green]ok[/] {cell.elapsed_s:.2f}"
    return f"[red]FAIL[/] {cell.result or 'escaped'} {cell.elapsed_s:.2f}"
