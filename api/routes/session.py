"""A console's session: a cookie instead of a key in every request."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints

from api.access import COOKIE, session_of
from api.routes.common import Engine, problems
from api.schemas import Body
from signalbox.domain.access import Role
from signalbox.domain.errors import Conflict
from signalbox.secrets import csrf_token

router = APIRouter(prefix="/v1/session", tags=["session"])


class SessionIn(Body):
    """The key that the session is opened with; the session goes when the key does."""

    key: Annotated[str, StringConstraints(max_length=200, pattern=r"^[ -~]*$")]


class SessionOut(BaseModel):
    """``csrf`` goes into the header X-Signalbox-CSRF of everything that changes something."""

    name: str | None
    role: Role
    tenant: str
    csrf: str
    expires_at: datetime


@router.post("", response_model=SessionOut, responses=problems(400, 401, 409, 413, 415))
async def open_session(
    engine: Engine, body: SessionIn, request: Request, response: Response
) -> SessionOut:
    """Open a session. The cookie is out of reach of scripts and is not sent from other sites."""
    if not await engine.gate.keyed():
        raise Conflict(
            "there are no keys, so there is nothing to open",
            hint="every request from this machine is an administrator's; see `signalbox keys`",
        )
    session, principal, expires_at = await engine.gate.open_session(body.key)
    response.set_cookie(
        COOKIE,
        session,
        expires=expires_at,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return SessionOut(
        name=principal.name,
        role=principal.role,
        tenant=principal.tenant,
        csrf=csrf_token(session),
        expires_at=expires_at,
    )


@router.delete("", status_code=204, responses=problems(401, 403))
async def end_session(engine: Engine, request: Request) -> Response:
    """Close the session of the cookie, if there is one."""
    session = session_of(dict(request.scope["headers"]))
    if session is not None:
        await engine.gate.end_session(session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer
