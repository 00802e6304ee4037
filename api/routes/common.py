"""What every route file shares."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from api.schemas import Problem
from signalbox.app import Signalbox

TENANT = "default"


def engine_of(request: Request) -> Signalbox:
    """The composed engine this application serves."""
    engine: Signalbox = request.app.state.engine
    return engine


Engine = Annotated[Signalbox, Depends(engine_of)]
# Not one of our ids would fit otherwise, and a path is no place for surprises.
Id = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route may answer with."""
    return {
        status: {"model": Problem, "content": {"application/problem+json": {}}}
        for status in (*statuses, 422)
    }
