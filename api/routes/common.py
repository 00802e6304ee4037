"""What every route file shares."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from api.schemas import Problem
from signalbox.app import Signalbox
from signalbox.domain.access import Forbidden, Principal
from signalbox.domain.errors import BadInput
from signalbox.domain.plain import same_name


def engine_of(request: Request) -> Signalbox:
    """The composed engine this application serves."""
    engine: Signalbox = request.app.state.engine
    return engine


def maybe_principal(request: Request) -> Principal | None:
    """Whoever the request comes from; None on the open routes without a key."""
    found: Principal | None = request.state.principal
    return found


def principal_of(request: Request) -> Principal:
    """Whoever the request comes from, as ``api.access`` found."""
    found: Principal = request.state.principal
    return found


Caller = Annotated[Principal, Depends(principal_of)]
MaybeCaller = Annotated[Principal | None, Depends(maybe_principal)]
Engine = Annotated[Signalbox, Depends(engine_of)]
# Not one of our ids would fit otherwise, and a path is no place for surprises.
Id = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route may answer with, those of every route with them."""
    described: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "content": {"application/problem+json": {}}}
        for status in sorted({*statuses, 401, 403, 422, 429, 503})
    }
    for status in (429, 503):
        described[status]["headers"] = {
            "Retry-After": {
                "description": "seconds after which to send it again",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return described


def acting(caller: Principal, given: str | None, field: str = "actor") -> str:
    """The name to act in: that of the key, which nobody may exchange for another.

    Raises Forbidden for another name than the key's; BadInput where there are no keys, so that
    only the request can tell, and it does not.
    """
    if caller.name is None:
        if given is None:
            raise BadInput(
                f"{field}: is missing",
                hint=f"add '{field}', the name of who says so; where there are keys, they tell",
            )
        return given
    if given is not None and not same_name(given, caller.name):
        raise Forbidden(
            f"the key is that of '{caller.name}', and '{field}' names '{given}'",
            hint=f"leave '{field}' out, or use that person's own key",
        )
    return caller.name
