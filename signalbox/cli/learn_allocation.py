"""``signalbox learn allocation``: a policy for who does what next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signalbox.cli.output import AsJson, emit, progress, table


def allocation(
    scenario: Annotated[Path, typer.Option(help="JSON of a process")],
    out: Annotated[Path, typer.Option(help="file to write the policy to")],
    name: Annotated[
        str | None, typer.Option(help="of the process, where the file has several")
    ] = None,
    load: Annotated[float, typer.Option(min=0.01, help="times as many cases an hour")] = 1.0,
    tune_seconds: Annotated[float, typer.Option(min=0.1, help="for tuning")] = 60.0,
    cases: Annotated[int, typer.Option(min=2, help="an episode")] = 2500,
    state: Annotated[
        Path | None, typer.Option(help="file in which tuning can be taken up again")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tune the policy that gives tasks to people, for SIGNALBOX_ASSIGNMENT__POLICY."""
    from signalbox.simulation.learning import learn_allocation

    with progress("allocation") as report:
        result = learn_allocation(
            scenario,
            out,
            name=name,
            load=load,
            tune_seconds=tune_seconds,
            cases=cases,
            state=state,
            progress=report,
        )
    emit(result, as_json, lambda: table(result, tuple(result)))
