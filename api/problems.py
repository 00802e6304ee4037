"""Errors as ``application/problem+json`` (RFC 9457): what is wrong and what to do next."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from api.permissions import methods
from api.wording import worded
from signalbox.domain.errors import SignalboxError

log = logging.getLogger("signalbox.api")

MEDIA_TYPE = "application/problem+json"
UNAVAILABLE = 503
# What most of what is away takes to come back, or to be taken over.
RETRY_AFTER_S = "1"


def problem(status: int, code: str, detail: str, hint: str = "", **extra: Any) -> dict[str, Any]:
    """The body of one problem; ``type`` is a stable relative reference."""
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": detail,
    }
    if hint:
        body["hint"] = hint
    return body | extra


def respond(body: dict[str, Any]) -> JSONResponse:
    """A problem as a response of its own status."""
    answer = JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE)
    if body["status"] == UNAVAILABLE:
        answer.headers["Retry-After"] = RETRY_AFTER_S
    return answer


def describe(error: SignalboxError) -> dict[str, Any]:
    """The problem of one of our own errors."""
    return problem(error.status, error.code, error.message, error.hint)


def _body_of(request: Request) -> type[BaseModel] | None:
    """The model of the body that the route asked for takes."""
    field = getattr(request.scope.get("route"), "body_field", None)
    kind = getattr(getattr(field, "field_info", None), "annotation", None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def install(app: FastAPI) -> None:
    """Answer every kind of error in this one form."""

    @app.exception_handler(SignalboxError)
    async def ours(request: Request, error: SignalboxError) -> JSONResponse:
        return respond(describe(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0] if error.errors() else {}
        if first.get("type") == "json_invalid":
            where = first.get("loc", ("body", 0))[-1]
            reason = first.get("ctx", {}).get("error", "unreadable")
            detail = f"the body is not JSON: {reason} at character {where}"
            return respond(problem(400, "bad-json", detail, "send one JSON object, UTF-8"))
        fields, hint = worded(error.errors(), _body_of(request))
        detail = "; ".join(f"{one['field']}: {one['message']}" for one in fields[:3])
        return respond(problem(422, "bad-input", detail, hint, errors=fields))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and "parsing the body" in str(error.detail):
            detail = "the body could not be read as JSON in UTF-8"
            return respond(problem(400, "bad-json", detail, "send one JSON object, UTF-8"))
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
        hint = "/openapi.json lists what is here"
        answer = respond(problem(error.status_code, code, str(error.detail), hint))
        if error.status_code == 405:
            # The framework's own names the methods of one route out of several on the path.
            answer.headers["Allow"] = ", ".join(methods(request.url.path))
        return answer

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.exception("unexpected error on %s %s", request.method, request.url.path)
        detail = "something went wrong here; nothing was half-written"
        return respond(problem(500, "internal", detail, "the log of the server has the cause"))
