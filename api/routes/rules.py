"""Rules: which are in force, which are tried beside them, and the text behind every digest."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from api.routes.common import Engine, problems
from signalbox.domain.rule_version import RuleVersion, ShadowCount, ShadowDifference

router = APIRouter(prefix="/v1/rules", tags=["rules"])

KIND = "routing"
Digest = Annotated[str, Path(min_length=4, max_length=64, pattern=r"^[0-9a-f]+$")]


class Rules(BaseModel):
    """``in_force`` is this engine's own view; counts and differences are those of all engines."""

    in_force: dict[str, Any]
    counts: list[ShadowCount]
    differences: list[ShadowDifference]


@router.get("", response_model=Rules, responses=problems())
async def get_rules(engine: Engine, limit: Annotated[int, Query(ge=0, le=100)] = 20) -> Rules:
    """The rules in force, and what the version in shadow would have changed, newest first."""
    versions = engine.ledger.rule_versions
    return Rules(
        in_force=engine.keeper.report(),
        counts=await engine.reads.run(versions.shadow_counts, KIND),
        differences=await engine.reads.run(versions.differences, KIND, limit),
    )


@router.get("/{digest}", response_model=RuleVersion, responses=problems(404))
async def get_version(engine: Engine, digest: Digest) -> RuleVersion:
    """The stored version of a digest, such as a decision carries, with its whole text."""
    return await engine.reads.run(engine.ledger.rule_versions.find, KIND, digest)
