"""The HTTP client under the chat model: bounded, direct, and saying only what it must.

Imported when the first question is asked, since it needs httpx2. Everything that can go wrong on
the wire leaves ``send`` as a ``ConsultFailed``.
"""

from __future__ import annotations

from typing import Any, NoReturn

import httpx2

from agents.config import ClientConfig
from agents.failures import ConsultFailed, FailureKind, one_line
from agents.faults import status_failure

_SENT_HEADERS = ("host", "content-type", "content-length", "connection")


class BoundedClient(httpx2.AsyncClient):
    """One event loop's connections to one host.

    Answers longer than the bound (after decompression) are cut off. Redirects are not followed,
    or the key would go along. The environment names no proxy here, and headers that the SDK adds
    (from its own environment variables too) do not leave the process.
    """

    def __init__(self, config: ClientConfig, verify: Any) -> None:
        # The semaphore above is the true cap; the slack is for connections being closed.
        limit = config.concurrency + 4
        super().__init__(
            timeout=httpx2.Timeout(None, connect=config.connect_s, write=30.0),
            limits=httpx2.Limits(
                max_connections=limit,
                max_keepalive_connections=config.concurrency,
                # Below the 5 s after which uvicorn, under vLLM and SGLang, closes an idle one.
                keepalive_expiry=4.0,
            ),
            verify=verify,
            proxy=config.proxy or None,
            trust_env=False,
            follow_redirects=False,
        )
        self._bound = config.max_body_bytes
        self._key = config.api_key

    async def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """Send ``request`` and read its whole answer.

        Raises:
            ConsultFailed: unreachable, protocol, bad_request, or what the status stands for.
        """
        request.headers = self._lean(request.headers)
        try:
            response = await super().send(request, stream=True)
        except httpx2.HTTPError as error:
            self._unanswered(error)
        except RuntimeError as error:
            # httpx2 says so when the client was closed meanwhile.
            raise ConsultFailed(FailureKind.CANCELLED, "the client was closed") from error
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        if not response.is_success:
            secrets = (self._key,) if self._key else ()
            raise status_failure(response.status_code, response.headers, body, secrets=secrets)
        kind = response.headers.get("content-type", "application/json").partition(";")[0]
        if not kind.strip().lower().endswith("json"):
            raise ConsultFailed(
                FailureKind.PROTOCOL,
                f"the body is {one_line(kind, limit=40)}, not JSON",
                billable=True,
            )
        return httpx2.Response(response.status_code, content=body, request=request)

    def _lean(self, given: httpx2.Headers) -> httpx2.Headers:
        kept = [(name, given[name]) for name in _SENT_HEADERS if name in given]
        kept += [("accept", "application/json"), ("accept-encoding", "identity")]
        kept += [("user-agent", "signalbox")]
        if self._key:
            kept.append(("authorization", f"Bearer {self._key}"))
        return httpx2.Headers(kept)

    async def _read(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._bound:
                    raise ConsultFailed(
                        FailureKind.PROTOCOL,
                        f"the body is longer than {self._bound} bytes",
                        billable=True,
                    )
        except httpx2.HTTPError as error:
            raise ConsultFailed(
                FailureKind.PROTOCOL,
                f"the body was cut off after {len(body)} bytes: {type(error).__name__}",
                billable=True,
                retryable=True,
            ) from error
        return bytes(body)

    def _unanswered(self, error: httpx2.HTTPError) -> NoReturn:
        """No status line came back."""
        name = type(error).__name__
        detail = one_line(str(error), secrets=(self._key,), limit=120)
        if isinstance(error, httpx2.PoolTimeout):
            raise ConsultFailed(FailureKind.BUSY, "no connection was free") from error
        if isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
            raise ConsultFailed(FailureKind.BAD_REQUEST, f"{name}: {detail}") from error
        never_sent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
        # Closed in the middle of the headers looks the same as closed before them.
        garbled = isinstance(error, httpx2.RemoteProtocolError)
        raise ConsultFailed(
            FailureKind.PROTOCOL if garbled else FailureKind.UNREACHABLE,
            f"{name}: {detail}",
            retryable=True,
            billable=not never_sent,
        ) from error
