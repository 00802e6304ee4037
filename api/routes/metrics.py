"""Metrics for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import choose_encoder

from api.metrics import Metrics
from api.routes.common import problems

router = APIRouter(tags=["health"])

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/metrics", response_class=PlainTextResponse, responses={**_TEXT, **problems()})
async def metrics(request: Request) -> Response:
    """Figures of this process and of the ledger, read at most every three seconds."""
    found: Metrics = request.app.state.metrics
    await found.refresh()
    encode, media_type = choose_encoder("text/plain")
    return Response(encode(found.registry), media_type=media_type)
