"""The whole product at once: learn from a generated history, serve, and stream tasks over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from signalbox.demo.desk import ServiceDesk
from signalbox.demo.events import Learned, Notice, Running
from signalbox.demo.export import write_history_csv
from signalbox.demo.people import People
from signalbox.demo.posting import event_of, post, watch_level
from signalbox.demo.ticket import Phase
from signalbox.demo.view import DemoView
from signalbox.settings import LlmSettings, Settings, read_settings

HISTORY = 3_000
STREAM = 6_000
PACE_S = 0.004


def run_demo(
    view: DemoView, *, seed: int, seconds: float | None, scripted: LlmSettings | None = None
) -> None:
    """Run until the stream ends, ``seconds`` have passed, or the user stops it.

    ``scripted`` is where test equipment answers in place of a language model; without it the
    settings of the environment say which model there is, if any.
    """
    with tempfile.TemporaryDirectory(prefix="signalbox-demo-") as made, view:
        folder = Path(made)
        ends = None if seconds is None else time.monotonic() + seconds
        model = _learn(folder, seed, view)
        settings = read_settings(
            db=f"sqlite:///{folder / 'demo.db'}", model=model, port=0, llm=scripted
        )
        asyncio.run(_stream(settings, seed, ends, view, scripted=scripted is not None))


def _learn(folder: Path, seed: int, view: DemoView) -> Path:
    from signalbox.learning.command import learn_to_folder

    view.show(Notice(f"A service desk is made up from seed {seed}: {HISTORY} closed tickets."))
    data, out = folder / "history.csv", folder / "model"
    write_history_csv(data, n=HISTORY, seed=seed)
    learned = learn_to_folder(data, out, text="text", label="team")
    view.show(
        Learned(
            rows=learned["n"],
            teams=learned["labels"],
            seconds=learned["fit_seconds"],
            accuracy=learned["accuracy"],
            coverage=learned["coverage"],
            certified_bound=learned["certified_bound"],
        )
    )
    return out


@contextlib.asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[str]:
    import uvicorn

    from api.application import create_app

    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    # The demo's own handler decides what Ctrl-C means.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if running.done():
                await running
                raise RuntimeError("the demo's server ended before it listened")
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def _stream(
    settings: Settings, seed: int, ends: float | None, view: DemoView, *, scripted: bool
) -> None:
    async with (
        _serving(settings) as url,
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client,
    ):
        ready = (await client.get("/readyz")).json()
        view.show(
            Running(
                models=(f"router {ready['model'][:12]}",),
                rules=ready["rules"]["evaluators"],
                language_model=ready["consult"] if settings.llm.configured else None,
                address=url,
                scripted=scripted,
            )
        )
        if ready["rules"]["note"]:
            view.show(Notice(ready["rules"]["note"], "warning"))
        people = People(client)
        level = ready["autonomy"]["model"]
        phase = Phase.STEADY
        for place, ticket in enumerate(ServiceDesk(seed).stream(STREAM, drift_at=_drift(ends))):
            if ends is not None and time.monotonic() > ends:
                break
            if ticket.phase is not phase:
                phase = ticket.phase
                view.show(Notice("The roll-out begins: topics move to other teams.", "drift"))
            answer = await post(client, ticket)
            view.show(event_of(ticket, answer))
            people.take(ticket, answer)
            for event in await people.act():
                view.show(event)
            if place % 20 == 0:
                level = await watch_level(client, level, view)
            await asyncio.sleep(PACE_S)
        for event in await people.act(everything=True):
            view.show(event)


def _drift(ends: float | None) -> int | None:
    """Half-way through the tickets that fit the time there is."""
    if ends is None:
        return None
    left = max(ends - time.monotonic(), 1.0)
    return min(STREAM // 2, max(100, int(left * 25)))
