"""Reading a request body whole in a middleware, and handing it on."""

from __future__ import annotations

from starlette.types import Message, Receive


async def whole(receive: Receive) -> bytes:
    """Every byte of the body; what came so far where the client went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` once more, then whatever follows on the connection."""
    fed = False

    async def replayed() -> Message:
        nonlocal fed
        if fed:
            return await receive()
        fed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
