"""Lets a request in, or not: who it comes from, and whether that one may do this."""

from __future__ import annotations

import hmac
import ipaddress
import logging
from collections.abc import Callable
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any

from anyio import to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from api.permissions import OPEN, NotAllowed, methods, needed
from api.problems import describe, respond
from signalbox.domain.access import Forbidden, Principal, Unauthorised
from signalbox.domain.errors import SignalboxError, Unavailable
from signalbox.engine import Signalbox
from signalbox.gate import HINT
from signalbox.secrets import PREFIX, csrf_token

log = logging.getLogger("signalbox.api")

COOKIE = "signalbox_session"
CSRF = b"x-signalbox-csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL = Principal()


class Access:
    """ASGI middleware, the outermost but for limits: nothing of a stranger's body is read.

    The principal is left in ``scope["state"]["principal"]``. Where no key was ever made, everybody
    who can reach the loopback address is the administrator; a page of another site that a browser
    on this machine shows is kept out by the Host header it cannot choose.
    """

    def __init__(
        self,
        app: ASGIApp,
        engine: Callable[[], Signalbox],
        host: str,
        tokens: Callable[[str], Principal] | None = None,
    ) -> None:
        """``tokens`` tells the bearer of what is no key of ours; with it nobody is a local
        administrator, whether or not there are keys."""
        self._app, self._engine, self._bound = app, engine, host
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._admit(scope)
        except SignalboxError as error:
            answer = respond(describe(error))
            if isinstance(error, NotAllowed):
                answer.headers["Allow"] = ", ".join(methods(scope["path"]))
            if isinstance(error, Unauthorised):
                answer.headers["WWW-Authenticate"] = 'Bearer realm="signalbox"'
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        path, method = scope["path"], scope["method"]
        state = scope.setdefault("state", {})
        state["principal"] = None
        state["still"] = partial(self._still, dict(scope["headers"]), path)
        if path == "/healthz":
            return
        headers = dict(scope["headers"])
        gate = self._engine().gate
        try:
            keyed = self._tokens is not None or await gate.keyed()
        except SignalboxError:
            if path in OPEN:
                return
            raise
        if not keyed:
            self._check_host(headers.get(b"host", b"").decode("latin-1"))
            state["principal"] = LOCAL
            return
        principal = await self._who(headers, method, path)
        if principal is None:
            if path in OPEN:
                return
            raise Unauthorised("this needs a key", hint=HINT)
        state["principal"] = principal
        if path in OPEN:
            return
        permission = needed(method, path)
        if not principal.may(permission):
            raise Forbidden(
                f"the key of '{principal.name}' ({principal.role.value}) may not do this",
                hint=f"it takes the permission '{permission.value}'",
            )

    async def _still(self, headers: dict[bytes, bytes], path: str) -> bool:
        """Whether what a request came with would let it in now, too; it does while nobody knows."""
        try:
            if self._tokens is None and not await self._engine().gate.keyed():
                return True
            return await self._who(headers, "GET", path) is not None
        except Unavailable:
            return True
        except SignalboxError:
            return False

    async def _who(self, headers: dict[bytes, bytes], method: str, path: str) -> Principal | None:
        """The bearer of a key or of a session; None where the request carries neither."""
        gate = self._engine().gate
        given = headers.get(b"authorization", b"").decode("latin-1")
        if given:
            scheme, _, token = given.partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorised("the Authorization header is no Bearer token", hint=HINT)
            token = token.strip()
            if self._tokens is not None and not token.startswith(f"{PREFIX}_"):
                # In a thread: it may have to wait for the issuer.
                return await to_thread.run_sync(self._tokens, token)
            return await gate.principal(token)
        session = session_of(headers)
        if session is None:
            return None
        if method not in SAFE:
            sent = headers.get(CSRF, b"").decode("latin-1")
            if not hmac.compare_digest(sent.encode(), csrf_token(session).encode()):
                raise Forbidden(
                    "a change in a session needs its token beside the cookie",
                    hint="send what POST /v1/session answered as 'csrf' in X-Signalbox-CSRF",
                )
        return await gate.in_session(session)

    def _check_host(self, host: str) -> None:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        if name in ("localhost", "", self._bound.lower()) or _loopback(name):
            return
        raise Forbidden(
            f"'{host}' is not how this machine is called from within",
            hint="use 127.0.0.1 or localhost, or make a key with `signalbox keys create`",
        )


def session_of(headers: dict[bytes, bytes]) -> str | None:
    """The session in the cookies of a request."""
    try:
        cookies: SimpleCookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return None
    found: Any = cookies.get(COOKIE)
    return found.value if found is not None and found.value else None


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
