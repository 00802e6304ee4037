"""One attempt: a signed POST to an endpoint, to an address that was checked when it connected."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any, Protocol

import httpcore

from signalbox import __version__
from signalbox.delivery.addresses import AddressRules, Barred
from signalbox.delivery.cloudevent import MEDIA_TYPE, SOURCE, body_of, event_id
from signalbox.delivery.signing import sign
from signalbox.domain.errors import BadInput
from signalbox.domain.outcome import Event
from signalbox.domain.webhook import Attempt, Webhook

TIMEOUT_S = 10.0
MAX_READ = 4_096
MAX_TOLD = 200
GONE = 410
_ASKS_FOR_TIME = (429, 503)


class Sender(Protocol):
    """Sends one event. Never raises but when it is cancelled."""

    async def send(self, webhook: Webhook, secrets: tuple[str, ...], event: Event) -> Attempt: ...

    async def aclose(self) -> None: ...


class HttpSender:
    """Sends over HTTP/1.1: ten seconds in all, no redirects, no proxies, answers cut short."""

    def __init__(
        self, rules: AddressRules, source: str = SOURCE, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._rules, self._source, self._timeout_s = rules, source, timeout_s
        # A pool of its own for each tenant: what it may connect to is part of the connection.
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    async def send(self, webhook: Webhook, secrets: tuple[str, ...], event: Event) -> Attempt:
        """What came of it. Any failure is told in ``error``, for people."""
        id = event.id or 0
        body = body_of(event, self._source)
        headers = sign(secrets, event_id(event), int(time.time()), body) | {
            "content-type": MEDIA_TYPE,
            "user-agent": f"signalbox/{__version__}",
        }
        try:
            # Rules may have changed since it was registered.
            self._rules.check_url(webhook.url, webhook.tenant)
            async with asyncio.timeout(self._timeout_s):
                return await self._post(webhook, headers, body, id)
        except (BadInput, Barred) as refused:
            return Attempt(id, None, _told(refused))
        except TimeoutError:
            return Attempt(id, None, f"no answer within {self._timeout_s:g} s")
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException) as away:
            return Attempt(id, None, f"cannot be reached: {_told(away)}")
        except (httpcore.ProtocolError, httpcore.ProxyError, ValueError) as odd:
            return Attempt(id, None, f"the answer is no HTTP: {_told(odd)}")
        except Exception as odd:
            # One odd endpoint must not end the delivery to all others.
            return Attempt(id, None, f"{type(odd).__name__}: {_told(odd)}")

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def _post(
        self, webhook: Webhook, headers: dict[str, str], body: bytes, id: int
    ) -> Attempt:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        sent.append((b"content-length", str(len(body)).encode()))
        pool = self._pool(webhook.tenant)
        async with pool.stream("POST", webhook.url, headers=sent, content=body) as response:
            said = b""
            async for part in response.aiter_stream():
                said += part[: MAX_READ - len(said)]
                if len(said) >= MAX_READ:
                    break
        status = response.status
        if 200 <= status < 300:
            return Attempt(id, status)
        answered = {name.lower(): value for name, value in response.headers}
        asked = answered.get(b"retry-after", b"")
        return Attempt(
            id,
            status,
            _reason(status, said),
            float(asked) if status in _ASKS_FOR_TIME and asked.isdigit() else None,
            gone=status == GONE,
        )

    def _pool(self, tenant: str) -> httpcore.AsyncConnectionPool:
        found = self._pools.get(tenant)
        if found is None:
            found = self._pools[tenant] = httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(),
                max_connections=64,
                max_keepalive_connections=16,
                keepalive_expiry=30.0,
                network_backend=_Checked(self._rules, tenant),
            )
        return found


class _Checked(httpcore.AnyIOBackend):
    """Connects to addresses that are allowed, whatever a name leads to at that moment.

    Checked here and not before: a name may lead elsewhere the next time it is looked up.
    """

    def __init__(self, rules: AddressRules, tenant: str) -> None:
        self._rules, self._tenant = rules, tenant

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        problem: Exception = OSError(f"'{host}' has no address")
        for address in dict.fromkeys(str(one[4][0]) for one in found):
            try:
                self._rules.check(ipaddress.ip_address(address.partition("%")[0]), self._tenant)
                return await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (Barred, OSError, httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


def _reason(status: int, said: bytes) -> str:
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed; register the final address"
    text = " ".join(said.decode("utf-8", "replace").split())
    shown = "".join(one for one in text if one.isprintable())[:MAX_TOLD]
    return f"answered {status}: {shown}" if shown else f"answered {status}"


def _told(error: Exception) -> str:
    message = getattr(error, "message", "") or str(error) or type(error).__name__
    return " ".join(str(message).split())[:MAX_TOLD]
