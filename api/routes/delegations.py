"""Delegations: who may answer approvals in another's name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.routes.common import Caller, Engine, Id, acting, problems
from api.schemas import Body, Person
from signalbox.domain.access import Forbidden, Principal, Role
from signalbox.domain.base import Name
from signalbox.domain.delegation import Delegation, Scope
from signalbox.domain.enums import RiskClass
from signalbox.domain.errors import NotFound
from signalbox.domain.plain import same_name

router = APIRouter(prefix="/v1/delegations", tags=["approvals"])


class ScopeIn(Body):
    """What it is good for; what is left out is no bound."""

    teams: list[Name] | None = Field(
        default=None, min_length=1, max_length=100, description="drafted and answered alike"
    )
    risk: RiskClass | None = Field(default=None, description="the highest risk class")


class DelegationIn(Body):
    """``to`` may answer for ``from`` until ``until``, and passes it on to nobody."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    delegator: Person | None = Field(
        default=None, alias="from", description="left out where a key tells"
    )
    delegate: Person = Field(alias="to")
    scope: ScopeIn = ScopeIn()
    until: AwareDatetime


class DelegationOut(BaseModel):
    """A delegation as it is stored."""

    id: str
    delegator: str = Field(alias="from")
    delegate: str = Field(alias="to")
    scope: ScopeIn
    created_at: datetime
    until: datetime
    ended_at: datetime | None = None


class DelegationPage(BaseModel):
    """Those that count now, oldest first."""

    delegations: list[DelegationOut]


@router.post("", response_model=DelegationOut, responses=problems(400, 413, 415))
async def delegate(engine: Engine, caller: Caller, body: DelegationIn) -> DelegationOut:
    """Let somebody answer in your name: within the scope, until the time given."""
    try:
        made = Delegation(
            id=f"dlg_{uuid4().hex}",
            tenant=caller.tenant,
            delegator=acting(caller, body.delegator, "from"),
            delegate=body.delegate,
            scope=Scope(
                teams=None if body.scope.teams is None else tuple(body.scope.teams),
                risk=body.scope.risk,
            ),
            created_at=engine.parts.clock(),
            until=body.until,
        )
    except ValidationError as error:
        rows = [{**row, "loc": ("body", *row["loc"])} for row in error.errors()]
        raise RequestValidationError(rows) from None
    return _shown(await engine.writes.run(engine.ledger.delegations.add, made))


@router.get("", response_model=DelegationPage, responses=problems())
async def list_delegations(
    engine: Engine, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> DelegationPage:
    """The delegations that count now, oldest first."""
    now, delegations = engine.parts.clock(), engine.ledger.delegations
    found = await engine.reads.run(delegations.valid, caller.tenant, now, limit)
    return DelegationPage(delegations=[_shown(one) for one in found])


@router.delete("/{delegation_id}", response_model=DelegationOut, responses=problems(404))
async def end_delegation(
    engine: Engine,
    caller: Caller,
    delegation_id: Id,
    actor: Annotated[Person | None, Query(description="left out where a key tells")] = None,
) -> DelegationOut:
    """End a delegation before its time: for the two it is between, and for administrators."""
    delegations = engine.ledger.delegations
    found = await engine.reads.run(delegations.find, caller.tenant, delegation_id)
    if found is None:
        raise NotFound(
            f"no delegation '{delegation_id}'", hint="GET /v1/delegations lists those that count"
        )
    name = acting(caller, actor)
    _check_ends(found, caller, name)
    now = engine.parts.clock()
    return _shown(await engine.writes.run(delegations.end, caller.tenant, delegation_id, name, now))


def _check_ends(found: Delegation, caller: Principal, name: str) -> None:
    """Forbidden for anybody but who gave it and who was given it; administrators with a key may."""
    if caller.name is not None and caller.role is Role.ADMIN:
        return
    if not any(same_name(name, one) for one in (found.delegator, found.delegate)):
        raise Forbidden(
            f"the delegation is from '{found.delegator}' to '{found.delegate}'",
            hint="have one of the two end it, or an administrator",
        )


def _shown(one: Delegation) -> DelegationOut:
    scope = ScopeIn(
        teams=None if one.scope.teams is None else list(one.scope.teams), risk=one.scope.risk
    )
    fields = one.model_dump(include={"id", "created_at", "until", "ended_at"})
    return DelegationOut(**fields, **{"from": one.delegator, "to": one.delegate}, scope=scope)
