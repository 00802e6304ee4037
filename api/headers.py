"""Headers that keep a browser from doing with an answer what nobody meant."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DOCS = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc"})
"""Pages of the framework: the only ones that run scripts, which they load from elsewhere."""

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # No page of another site may load an answer as its script, picture or style either.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_CDN = "https://cdn.jsdelivr.net"
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class SecureHeaders:
    """ASGI wrapper around everything, the framework's own answer to a crash included.

    A route that sets a policy of its own keeps it (a console's page, say). What is under ``/v1``
    is somebody's business and is stored by no cache, whatever the route says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        held: Message | None = None

        async def marked(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    headers.setdefault(name, value)
                if path.startswith("/v1"):
                    headers["Cache-Control"] = "no-store"
                else:
                    headers.setdefault("Cache-Control", "no-cache")
                if path in DOCS:
                    # What the policy allows depends on the page, which comes next.
                    held = message
                    return
                headers.setdefault("Content-Security-Policy", NOTHING)
            elif held is not None:
                start, held = held, None
                headers = MutableHeaders(scope=start)
                headers.setdefault("Content-Security-Policy", documented(message.get("body", b"")))
                await send(start)
            await send(message)

        await self._app(scope, receive, marked)


def documented(page: bytes) -> str:
    """The policy of a page of the framework's documentation: what it needs and no more.

    The inline scripts it came with run, by their digests; one put in on the way does not.
    """
    digests = " ".join(
        f"'sha256-{base64.b64encode(sha256(script).digest()).decode()}'"
        for script in _INLINE.findall(page)
    )
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_CDN} {digests}".rstrip(),
            f"style-src 'unsafe-inline' {_CDN} https://fonts.googleapis.com",
            "font-src https://fonts.gstatic.com",
            "img-src 'self' data: https://fastapi.tiangolo.com https://cdn.redoc.ly",
            "connect-src 'self'",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
