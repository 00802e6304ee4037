"""How many requests one caller may make, and how often one address may try keys that do not count.

Token buckets in the memory of one process: with N processes N times as much gets through, and a
restart fills them. They keep one caller from taking the service from all the others; they are no
accounting.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import session_of
from api.problems import describe, respond
from signalbox.domain.access import Principal
from signalbox.domain.errors import SignalboxError
from signalbox.secrets import digest

MOST = 10_000
PROBES = frozenset({"/healthz", "/readyz"})
SESSION = "/v1/session"
# For so long a key that got in is let through while others fail at the same address.
TRUSTED_S = 600.0


class TooMany(SignalboxError):
    """More requests than are allowed; after ``retry_after_s`` whole seconds one is."""

    code = "too-many-requests"
    status = 429

    def __init__(self, message: str, wait_s: float) -> None:
        self.retry_after_s = max(1, math.ceil(wait_s))
        super().__init__(message, hint=f"send it again after {self.retry_after_s} s (Retry-After)")

    def answer(self) -> JSONResponse:
        """The problem, with the header that clients wait by."""
        answer = respond(describe(self))
        answer.headers["Retry-After"] = str(self.retry_after_s)
        return answer


class Buckets:
    """A bucket for each caller: ``burst`` tokens at most, filled with ``per_minute`` a minute.

    Of more callers than ``most`` the one not seen for longest is forgotten, as if its were full.
    """

    def __init__(
        self,
        per_minute: float,
        burst: float,
        *,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_s, self._burst = per_minute / 60, max(1.0, burst)
        self._most, self._clock = most, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: Hashable) -> float:
        """Seconds until there is a token; 0 where there is one. None is taken."""
        return self._short(self._now(caller))

    def take(self, caller: Hashable) -> float:
        """Take a token, and 0; or the seconds until there is one."""
        left = self._now(caller)
        if wait := self._short(left):
            return wait
        self._left[caller] = (max(0.0, left - 1), self._clock())
        self._left.move_to_end(caller)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0.0

    def _short(self, left: float) -> float:
        # Whoever waited as long as told is not refused for what floats lose.
        return (1 - left) / self._per_s if left < 1 - 1e-9 else 0.0

    def _now(self, caller: Hashable) -> float:
        left, at = self._left.get(caller, (self._burst, 0.0))
        return min(self._burst, left + max(0.0, self._clock() - at) * self._per_s)


class FailedAttempts:
    """How often one address may come with a key, a token or a session that does not count.

    A key cannot be guessed. What this saves is the work of looking up every guess, and the log.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(per_minute, per_minute, clock=clock)

    def check(self, address: str) -> None:
        """Raises TooMany where the address has none left."""
        wait = self._buckets.wait_s(network(address))
        if wait:
            raise TooMany("too many keys from this address that do not count", wait)

    def failed(self, address: str) -> None:
        """Note one that did not count."""
        self._buckets.take(network(address))


class FailureLimit:
    """ASGI middleware around the authentication: 429 for an address that only ever fails.

    A key that got in lately goes on getting in, so nobody behind the same proxy or firewall is shut
    out by a neighbour. What carries no key at all is not counted: it costs nothing.
    """

    def __init__(self, app: ASGIApp, attempts: FailedAttempts) -> None:
        self._app, self._attempts = app, attempts
        self._trusted: OrderedDict[str, float] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        carried = _credential(dict(scope["headers"]))
        # A session is opened with a key in the body.
        opening = scope["path"] == SESSION and scope["method"] == "POST"
        if carried is None and not opening:
            await self._app(scope, receive, send)
            return
        address, mark = _address(scope), digest(carried or "")
        if opening or not self._trusts(mark):
            try:
                self._attempts.check(address)
            except TooMany as error:
                await error.answer()(scope, receive, send)
                return
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, noted)
        if status == 401:
            self._attempts.failed(address)
            self._trusted.pop(mark, None)
        elif carried is not None and scope.get("state", {}).get("principal") is not None:
            self._trusted[mark] = time.monotonic()
            self._trusted.move_to_end(mark)
            if len(self._trusted) > MOST:
                self._trusted.popitem(last=False)

    def _trusts(self, mark: str) -> bool:
        return time.monotonic() - self._trusted.get(mark, float("-inf")) <= TRUSTED_S


class RateLimit:
    """ASGI middleware inside the authentication: 429 for a caller whose bucket is empty.

    A caller is a name in a tenant, whatever its keys and sessions; without a name, an address. A
    request counts as one, a batch too. Probes of health do not count.
    """

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self._app, self._buckets = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            wait = self._buckets.take(_caller(scope))
            if wait:
                await TooMany("too many requests", wait).answer()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def network(address: str) -> str:
    """What stands for one client: an IPv4 address, or the /64 that an IPv6 client has to itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6:
        mapped = found.ipv4_mapped
        if mapped is not None:
            return str(mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def _caller(scope: Scope) -> Hashable:
    principal: Principal | None = scope.get("state", {}).get("principal")
    if principal is None or principal.name is None:
        return network(_address(scope))
    return principal.tenant, principal.name


def _address(scope: Scope) -> str:
    client: Any = scope.get("client")
    return client[0] if client else ""


def _credential(headers: dict[bytes, bytes]) -> str | None:
    given = headers.get(b"authorization")
    return given.decode("latin-1") if given else session_of(headers)
