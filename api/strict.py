"""Refuse bodies that two readers could understand differently, before any route sees them."""

from __future__ import annotations

import re
from email.message import Message
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from api.bodies import again, whole
from api.problems import problem, respond
from signalbox.domain.base import unstorable
from signalbox.strict_json import NotJson, read_json

PREFIX = "/v1/"
METHODS = frozenset({"POST", "PUT", "PATCH"})
# Only escapes can bring a NUL or half a surrogate pair into JSON that is UTF-8.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SHOWN = 60


class StrictBody:
    """ASGI middleware: JSON under ``/v1/`` must say so, be UTF-8 and mean one thing only.

    415 for another content type; 400 for text that is not JSON, repeats a field, holds NaN or an
    absurd number, or is nested too deep; 422 for characters that cannot be stored. An empty body
    is left to the route.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not (
            scope["type"] == "http"
            and scope["method"] in METHODS
            and scope["path"].startswith(PREFIX)
        ):
            await self._app(scope, receive, send)
            return
        body = await whole(receive)
        refusal = _refusal(dict(scope["headers"]).get(b"content-type", b""), body) if body else None
        if refusal is not None:
            await respond(refusal)(scope, receive, send)
            return
        await self._app(scope, again(body, receive), send)


def _refusal(content_type: bytes, body: bytes) -> dict[str, Any] | None:
    """The problem with ``body``, or None."""
    if not _is_json(content_type.decode("latin-1")):
        given = content_type.decode("latin-1")[:_SHOWN]
        said = f"the content type is '{given}'" if given else "there is no Content-Type"
        return problem(
            415, "bad-media-type", f"{said}; this takes JSON", "send Content-Type: application/json"
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is 0x{body[error.start]:02x}"
        wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
        hint = "it looks like UTF-16: " if wide else ""
        return _bad_json(f"the body is not UTF-8 ({where})", hint + "send JSON in UTF-8")
    try:
        value = read_json(text)
    except NotJson as error:
        nul = "\x00" in text[:4]
        return _bad_json(
            f"the body is not JSON: {error.message}",
            "it looks like UTF-16: send JSON in UTF-8" if nul else error.hint,
        )
    found = _unstorable(value) if _SUSPECT.search(body) else None
    if found is None:
        return None
    field, message = found[0], f"{found[1]}; remove it and send it again"
    return problem(
        422,
        "bad-input",
        f"{field}: {message}",
        "remove the character from the named field",
        errors=[{"field": field, "message": message}],
    )


def _bad_json(detail: str, hint: str) -> dict[str, Any]:
    return problem(400, "bad-json", detail, hint)


def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )


def _unstorable(value: Any) -> tuple[str, str] | None:
    """(field, reason) of a text, or the name of a field, that no database could keep."""
    # A stack of our own: nesting is bounded by the parser only.
    waiting: list[tuple[Any, tuple[str, ...]]] = [(value, ())]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, str) and (reason := unstorable(one)):
            return ".".join(at[:8]) or "body", reason
        if isinstance(one, list):
            waiting += [(item, (*at, str(place))) for place, item in enumerate(one)]
        elif isinstance(one, dict):
            for name, item in one.items():
                if reason := unstorable(name):
                    return ".".join(at[:8]) or "body", f"the name of a field {reason}"
                waiting.append((item, (*at, name[:_SHOWN])))
    return None
