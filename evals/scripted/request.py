"""Reading one HTTP/1.1 request, within bounds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

MAX_HEAD = 64 * 1024
MAX_BODY = 8 * 1024 * 1024


class BadRequest(Exception):
    """A request that is answered with ``status`` and ends its connection."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` have lower-cased names; ``path`` has no query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def last(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        return self.headers.get("connection", "").lower() == "close"

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; BadRequest (400) otherwise."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadRequest(400, "the body is not JSON") from None
        if not isinstance(found, dict):
            raise BadRequest(400, "the body is not a JSON object")
        return found


async def read_line(reader: asyncio.StreamReader) -> tuple[str, str] | None:
    """Method and path of the next request, or None where the client has closed."""
    line = await _until(reader, b"\r\n")
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(400, "not an HTTP/1.1 request line")
    return parts[0], parts[1].partition("?")[0]


async def read_rest(reader: asyncio.StreamReader, method: str, path: str) -> Request:
    """Headers and body of the request whose line has been read."""
    headers: dict[str, str] = {}
    size = 0
    while True:
        line = await _until(reader, b"\r\n")
        size += len(line)
        if size > MAX_HEAD:
            raise BadRequest(431, f"more than {MAX_HEAD} bytes of headers")
        if not line:
            raise BadRequest(400, "the request ends in its headers")
        if line == b"\r\n":
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequest(411, "send a content-length, not chunks")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise BadRequest(400, "content-length is not a number")
    if int(length) > MAX_BODY:
        raise BadRequest(413, f"more than {MAX_BODY} bytes of body")
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise BadRequest(400, "the request ends in its body") from None
    return Request(method, path, headers, body)


async def _until(reader: asyncio.StreamReader, end: bytes) -> bytes:
    """Up to and with ``end``; empty at the end of the stream."""
    try:
        return await reader.readuntil(end)
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError:
        raise BadRequest(431, f"a line of more than {MAX_HEAD} bytes") from None
