"""The FastAPI application around one composed engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from api import problems
from api.access import Access
from api.description import secured
from api.headers import SecureHeaders
from api.idempotency import Idempotency
from api.limits import BodyLimit
from api.metrics import Metered, Metrics
from api.oidc import Verifier
from api.rate import Buckets, FailedAttempts, FailureLimit, RateLimit
from api.routes import (
    approvals,
    assignment,
    autonomy,
    claims,
    decisions,
    delegations,
    erasure,
    events,
    health,
    metrics,
    resources,
    rules,
    session,
    tasks,
    webhooks,
)
from api.strict import StrictBody
from signalbox import __version__
from signalbox.app import Signalbox, open_signalbox
from signalbox.domain.errors import SignalboxError
from signalbox.settings import Settings


class Application(FastAPI):
    """FastAPI, in headers that also its own answer to a crash carries."""

    def build_middleware_stack(self) -> ASGIApp:
        # What is added as middleware stands inside the framework's handler of crashes.
        return SecureHeaders(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """The description. Made once, as the framework's own."""
        if self.openapi_schema is None:
            self.openapi_schema = secured(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings, *, role: str | None = None) -> FastAPI:
    """An application that opens the engine when it starts and closes it when it ends.

    ``role`` as in ``open_signalbox``. Raises what ``api.oidc.Verifier`` does.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with open_signalbox(settings, role=role) as engine:
                app.state.engine = engine
                # Decisions are counted from here on.
                await app.state.metrics.refresh()
                yield
        except SignalboxError as error:
            # For the command line, which tells it in one sentence.
            app.state.failure = error
            raise

    app = Application(
        title="Signalbox",
        version=__version__,
        description="Models propose; rules, certified error bounds and people dispose.",
        lifespan=lifespan,
    )
    problems.install(app)
    rooms = (
        tasks,
        assignment,
        resources,
        erasure,
        decisions,
        approvals,
        claims,
        delegations,
        autonomy,
        rules,
        webhooks,
        events,
        session,
        health,
        metrics,
    )
    for room in rooms:
        app.include_router(room.router)

    @app.get("/", include_in_schema=False)
    async def index() -> dict[str, str]:
        return {"name": "Signalbox", "version": __version__, "docs": "/docs", "ready": "/readyz"}

    def engine() -> Signalbox:
        found: Signalbox = app.state.engine
        return found

    app.state.metrics = Metrics(engine)

    # The last one added is the first to see a request.
    app.add_middleware(StrictBody)
    app.add_middleware(Idempotency, engine=engine)
    rate = settings.rate
    if rate.per_minute is not None:
        app.add_middleware(RateLimit, buckets=Buckets(rate.per_minute, rate.at_once))
    tokens = Verifier(settings.oidc).verify if settings.oidc.configured else None
    app.add_middleware(Access, engine=engine, host=settings.host, tokens=tokens)
    if rate.failures_per_minute:
        app.add_middleware(FailureLimit, attempts=FailedAttempts(rate.failures_per_minute))
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(Metered, metrics=app.state.metrics)
    return app
