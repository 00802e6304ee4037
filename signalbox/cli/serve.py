"""``signalbox serve``: the HTTP server."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from signalbox.cli.hosting import FallbackTeam, Model, Rules, prepare, start_logs
from signalbox.cli.opening import Db
from signalbox.domain.errors import BadInput, SignalboxError, Unavailable

if TYPE_CHECKING:
    from signalbox.settings import Settings


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keyed(settings: Settings) -> bool:
    from signalbox.parts import read_ledger

    ledger = read_ledger(settings)
    try:
        return ledger.api_keys.any()
    finally:
        ledger.close()


def serve(
    model: Model = None,
    host: Annotated[
        str | None, typer.Option(help="address to listen on; any but loopback takes API keys")
    ] = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free one")] = None,
    db: Db = None,
    rules: Rules = None,
    fallback_team: FallbackTeam = None,
) -> None:
    """Serve the HTTP API until interrupted."""
    settings = prepare(
        model=model, host=host, port=port, db=db, rules=rules, fallback_team=fallback_team
    )
    if not (_loopback(settings.host) or settings.oidc.configured or _keyed(settings)):
        raise BadInput(
            f"will not listen on {settings.host}: there are no API keys yet",
            hint="make one with `signalbox keys create --role admin`, or listen on 127.0.0.1",
        )
    start_logs(settings)
    # Bound before anything is opened: a port that is taken must leave nothing behind.
    bound = _bind(settings.host, settings.port)
    import uvicorn

    from api.application import create_app
    from signalbox.checkup import check_settings

    check_settings(settings)

    class Announced(uvicorn.Server):
        """Says where it listens once it does: with port 0 nobody could know before."""

        async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
            await super().startup(sockets)  # type: ignore[arg-type]
            if self.started:
                # What start-up made stays for good: a full collection that walks it stops every
                # answer for a quarter of a second.
                gc.collect()
                gc.freeze()
                port = bound.getsockname()[1]
                typer.echo(f"Signalbox listens on http://{settings.host}:{port}", err=True)

        async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
            # Readers of events never hang up by themselves, and would be waited for.
            engine = getattr(application.state, "engine", None)
            if engine is not None:
                engine.feed.close()
            await super().shutdown(sockets)  # type: ignore[arg-type]

    application = create_app(settings, role="serve")
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=10,
        # Longer than usual clients and proxies keep an idle connection, so they close it first.
        timeout_keep_alive=75,
    )
    server = Announced(config)

    def failure() -> SignalboxError | None:
        return getattr(application.state, "failure", None)

    # What is told in one sentence needs no traceback before it.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: failure() is None or not record.getMessage().startswith("Traceback")
    )
    try:
        # uvicorn ends the process itself where the application did not start.
        with contextlib.suppress(SystemExit):
            server.run(sockets=[bound])
    finally:
        bound.close()
    told = failure()
    if told is not None:
        raise told
    if not server.started:
        raise Unavailable("the server did not start", hint="the log above has the cause")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle off only where it is (40 ms a request).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise BadInput(
            f"could not listen on {host}:{port} ({error.strerror})",
            hint="another process may hold the port: choose one with --port, or 0 for a free one",
        ) from None
    return listening
