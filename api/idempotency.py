"""``Idempotency-Key`` on every POST: the same key and body get the first answer again."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import again, whole
from api.problems import describe, problem, respond
from signalbox.app import Signalbox
from signalbox.domain.access import Principal
from signalbox.domain.errors import SignalboxError, Unavailable

log = logging.getLogger("signalbox.api")

MAX_KEY = 200
AGAIN = "again"
"""Set in the state of a request whose answer is not kept, though it is a success: some of what was
asked for could not be done yet."""
PATIENCE_S = 60.0


def scoped(caller: Principal, key: str) -> str:
    """The key as it is stored: one caller's keys are never another's.

    By the name and not by the API key: a repeat still is one after a rotation.
    """
    if caller.name is None:
        return key
    whose = sha256(caller.name.encode("utf-8")).hexdigest()[:16]
    return f"{caller.tenant}:{whose}:{key}"


class Idempotency:
    """ASGI middleware around the routes.

    Only what succeeded is kept: a refused request may be corrected, a failed one sent again, and so
    may a batch of which a part failed.
    """

    def __init__(self, app: ASGIApp, engine: Callable[[], Signalbox]) -> None:
        self._app, self._engine = app, engine
        self._later: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key: bytes | None = None
        if scope["type"] == "http" and scope["method"] == "POST":
            key = dict(scope["headers"]).get(b"idempotency-key")
        if key is None:
            await self._app(scope, receive, send)
            return
        text = key.decode("latin-1")
        if not text.strip() or len(text) > MAX_KEY or not text.isprintable():
            body = problem(
                400,
                "bad-key",
                f"Idempotency-Key must be 1 to {MAX_KEY} printable characters",
                "a UUID is a good one",
            )
            await respond(body)(scope, receive, send)
            return
        caller = scope["state"]["principal"]
        if caller is None:
            # Only what is open to everybody gets here without one.
            await self._app(scope, receive, send)
            return
        await self._once(caller.tenant, scoped(caller, text), scope, receive, send)

    async def _once(
        self, tenant: str, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        engine = self._engine()
        body = await whole(receive)
        digest = sha256(scope["path"].encode() + b"\n" + body).hexdigest()
        try:
            known = await engine.claim_key(tenant, key, digest)
        except SignalboxError as error:
            await respond(describe(error))(scope, receive, send)
            return
        if known is not None and known.status is not None:
            await _replay(known.status, known.body or "{}", send)
            return
        status, headers, sent = 500, [], bytearray()

        async def caught(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
            else:
                sent.extend(message.get("body", b""))

        try:
            await self._app(scope, again(body, receive), caught)
        finally:
            if status < 400 and not scope["state"].get(AGAIN):
                kept: dict[str, Any] = {
                    "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in headers],
                    "body": sent.decode("utf-8"),
                }
                await self._settle(engine.settle_key, tenant, key, status, json.dumps(kept))
            else:
                await self._settle(engine.release_key, tenant, key)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(sent)})

    async def _settle(self, what: Callable[..., Awaitable[None]], *given: Any) -> None:
        """Do it now, or as soon as the database lets us: what was asked for has its answer."""
        try:
            await what(*given)
        except Unavailable as error:
            log.info("an idempotency key is settled later: %s", error)
            later = asyncio.create_task(_again(what, *given))
            self._later.add(later)
            later.add_done_callback(self._later.discard)


async def _again(what: Callable[..., Awaitable[None]], *given: Any) -> None:
    # Until the claim counts as abandoned anyway.
    ends = time.monotonic() + PATIENCE_S
    wait = 0.1
    while time.monotonic() < ends:
        await asyncio.sleep(wait)
        try:
            await what(*given)
        except Unavailable:
            wait = min(2.0, wait * 2)
        else:
            return


async def _replay(status: int, stored: str, send: Send) -> None:
    kept = json.loads(stored)
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in kept.get("headers", [])]
    headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.get("body", "").encode("utf-8")})
