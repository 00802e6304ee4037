"""Health: is the process alive, may it take work, and with what."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.routes.common import Engine, MaybeCaller

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Alive: the event loop answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "not ready"}})
async def readyz(engine: Engine, caller: MaybeCaller, response: Response) -> dict[str, Any]:
    """Ready to take work, and with which parts: what is missing is said, not hidden.

    Where there are keys, a caller without one is told only whether.
    """
    report = await engine.readiness()
    if not report["ready"]:
        response.status_code = 503
    return report if caller is not None else {"ready": report["ready"]}
