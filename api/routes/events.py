"""Server-sent events: what happens, as it happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.routes.common import Caller, Engine, problems
from signalbox.delivery.cloudevent import body_of
from signalbox.domain.access import Permission
from signalbox.domain.outcome import Event
from signalbox.domain.webhook import ADMINISTRATIVE, TypeFilter, matches

router = APIRouter(tags=["events"])

RETRY_MS = 1_000
CHECK_S = 1.0
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "id, event and data (a CloudEvent) for each; comments while nothing happens",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/v1/events",
    response_class=StreamingResponse,
    responses={**_STREAM, **problems(429)},
)
async def events(
    engine: Engine,
    caller: Caller,
    request: Request,
    type: Annotated[
        list[TypeFilter] | None,
        Query(max_length=20, description="such as decision.* or outcome.recorded; default: all"),
    ] = None,
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="begin after this id, 0 for all there is")
    ] = None,
    for_s: Annotated[
        float | None, Query(ge=0, le=3600, description="end after so many seconds; default: never")
    ] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$")] = None,
) -> StreamingResponse:
    """What happens from now on, or after ``Last-Event-ID``, without loss or repeat.

    A client that reconnects with the last id it saw goes on where it was, at any process.
    """
    types = tuple(type or ("*",))
    feed = engine.feed
    feed.enter()
    try:
        given = int(last_event_id) if last_event_id is not None else after
        place = await feed.last() if given is None else given
    except BaseException:
        feed.leave()
        raise
    administers = caller.may(Permission.ADMIN)

    def wanted(event: Event) -> bool:
        return (
            event.tenant == caller.tenant
            and matches(types, event.type)
            and (administers or not event.type.startswith(ADMINISTRATIVE))
        )

    async def lines() -> AsyncIterator[bytes]:
        checked = time.monotonic()
        yield f"retry: {RETRY_MS}\n\n".encode()
        async for id, event in feed.follow(place, wanted, for_s):
            if time.monotonic() - checked >= CHECK_S:
                checked = time.monotonic()
                if not await request.state.still():
                    return
            if event is None:
                yield f": still here\nid: {id}\n\n".encode()
                continue
            body = body_of(event, engine.settings.webhooks.source).decode()
            yield f"id: {id}\nevent: {event.type}\ndata: {body}\n\n".encode()

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return _Seated(lines(), feed.leave, headers)


class _Seated(StreamingResponse):
    """A stream that gives its seat back however it ends, also when it never began."""

    def __init__(
        self, lines: AsyncIterator[bytes], leave: Callable[[], None], headers: dict[str, str]
    ) -> None:
        super().__init__(lines, media_type="text/event-stream", headers=headers)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
