"""Refuse bodies over the limit before they are read whole."""

from __future__ import annotations

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem, respond


class _TooLong(Exception):
    pass


class BodyLimit:
    """ASGI middleware: 413 for a body over ``limit`` bytes, declared or streamed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._limit:
            await self._refuse(scope, receive, send)
            return
        seen, over, answered = 0, False, False

        async def counted() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                over = True
                raise _TooLong
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            # The framework turns the interruption into an answer of its own: ours is truer.
            if over and not answered:
                return
            answered = True
            await send(message)

        with contextlib.suppress(_TooLong):
            await self._app(scope, counted, noted)
        if over and not answered:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = problem(
            413,
            "too-large",
            f"the body is larger than {self._limit} bytes",
            "send a shorter text or a smaller batch; SIGNALBOX_MAX_BODY_BYTES is the limit",
        )
        await respond(body)(scope, receive, send)
