"""A model host that refuses, hangs or flaps under load: ``python -m evals.benchmarks.outage``.

The real server runs in its own process, its language model is the scripted one, and every task is
a hard one: made-up words that no team has ever seen, so that the local model is never certain and
the consult step is always taken (``consulted`` says for how many it was). The host goes away, the
load goes on, and the host comes back; nothing here says anything about a model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.benchmarks.outage_figures import UP, Run, failing, figures
from evals.benchmarks.outage_watch import Seen, watch
from evals.benchmarks.posting import Connection, Posted, demo_model, open_loop
from evals.scripted.process import ScriptedModel, running_scripted
from evals.server import Server, running_server
from signalbox.domain.errors import BadInput, SignalboxError, Unavailable
from signalbox.settings import Settings

MODES = ("refuse", "hang", "flap")
FALLBACK = "front desk"
WARM_S = 60.0
RECOVERY_S = 120.0
AFTER_S = 2.0
_LETTERS = ("bcdfghjklmnpqrstvwxz", "aeiou")


def hard_text(rng: random.Random) -> str:
    """A sentence of made-up words."""
    words = (
        "".join(rng.choice(_LETTERS[place % 2]) for place in range(rng.randrange(5, 10)))
        for _ in range(12)
    )
    return " ".join(words).capitalize() + "."


@dataclass(slots=True)
class Load:
    """Hard tasks without end, until told that it is over."""

    deadline_ms: float
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    over: bool = False
    made: int = 0

    def body(self) -> bytes:
        self.made += 1
        task = {"id": f"hard-{self.made}", "text": hard_text(self.rng)}
        return json.dumps(task | {"deadline_ms": self.deadline_ms}).encode()

    def __iter__(self) -> Iterator[bytes]:
        while not self.over:
            yield self.body()


def bench_outage(
    modes: tuple[str, ...] = MODES,
    *,
    seconds: float = 60.0,
    rate: float = 20.0,
    deadline_ms: float = 800.0,
    settings: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One outage of ``seconds`` for each of ``modes``, each on a server and a database of its own.

    ``settings`` are further environment variables of the server. See ``outage_figures`` for the
    keys; ``failing`` names the bars that were missed.

    Raises:
        BadInput: too short to see a host that hangs given up.
        Unavailable: a server did not start, or the host was never asked while it was well.
    """
    patience = Settings().llm.deadline_s
    if "hang" in modes and seconds <= patience:
        raise BadInput(
            f"--seconds {seconds:g} is over before a question to a host that hangs is given up",
            hint=f"give more than SIGNALBOX_LLM__DEADLINE_S, which is {patience:g}",
        )
    with (
        tempfile.TemporaryDirectory(prefix="signalbox-outage-") as made,
        running_scripted() as host,
    ):
        folder = Path(made)
        model = demo_model(folder)
        found = {}
        for mode in modes:
            host.reset()
            db = f"sqlite:///{folder / f'{mode}.db'}"
            env = {
                "SIGNALBOX_LLM__BASE_URL": host.base_url("vllm"),
                "SIGNALBOX_LLM__MODEL": "scripted",
                "SIGNALBOX_LLM__DIALECT": "vllm",
                **(settings or {}),
            }
            arguments = ["--model", str(model), "--db", db, "--fallback-team", FALLBACK]
            with running_server(arguments, env=env) as server:
                run = asyncio.run(_run(server, host, mode, seconds, rate, deadline_ms))
            found[mode] = figures(run, db)
    return {
        "host": "scripted, no model involved",
        "modes": found,
        "failing": {mode: what for mode, one in found.items() if (what := failing(one, mode))},
    }


async def _run(
    server: Server, host: ScriptedModel, mode: str, seconds: float, rate: float, deadline_ms: float
) -> Run:
    load = Load(deadline_ms)
    cold = await _warm_up(server.url, host, load)
    over = asyncio.Event()
    seen = Seen()
    watching = asyncio.create_task(watch(seen, server.url, host, over))
    await asyncio.sleep(1.0)  # until the watch has reset the host
    load_before = os.getloadavg()[0]
    await asyncio.to_thread(host.mode, mode)
    began = time.monotonic()
    posting = asyncio.create_task(open_loop(server.url, load, rate))
    await asyncio.sleep(seconds)
    await asyncio.to_thread(host.mode, "up")
    ended = time.monotonic()
    await _until_recovered(seen, ended)
    load.over = True
    posted = await posting
    over.set()
    await watching
    return Run(
        mode=mode,
        seconds=seconds,
        rate=rate,
        deadline_ms=deadline_ms,
        began=began,
        ended=ended,
        posted=posted,
        seen=seen,
        cold=cold,
        machine_load=(load_before, os.getloadavg()[0]),
    )


async def _warm_up(url: str, host: ScriptedModel, load: Load) -> list[Posted]:
    """Post at a gentle pace until the host was asked and has answered some, as after a start."""
    ends = time.monotonic() + WARM_S
    took: list[Posted] = []
    connection = Connection(url)
    while (await asyncio.to_thread(host.stats))["requests"] < 5:
        if time.monotonic() > ends:
            raise Unavailable(
                f"the host was not asked within {WARM_S:g} s of the start",
                hint="see whether the server answers 'consult: on' at /readyz",
            )
        due = time.monotonic()
        status, body = await connection.post("/v1/tasks", load.body())
        took.append(Posted(due, (time.monotonic() - due) * 1000, status, body))
        await asyncio.sleep(0.1)
    connection.close()
    return took


async def _until_recovered(seen: Seen, since: float) -> None:
    """Until the breaker has been seen closed for a while, at most ``RECOVERY_S``."""
    while (now := time.monotonic()) < since + RECOVERY_S:
        last = max((at for at, is_open in seen.looks if is_open), default=since)
        if now - max(last, since) > AFTER_S:
            return
        await asyncio.sleep(0.1)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.outage", description=__doc__)
    parser.add_argument(
        "--mode",
        choices=[*MODES, UP, "all"],
        default="all",
        help="up: none at all, to compare with",
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of each outage")
    parser.add_argument("--rate", type=float, default=20.0, help="tasks a second")
    parser.add_argument("--deadline-ms", type=float, default=800.0, help="of each task")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, one line")
    given = parser.parse_args(arguments)
    try:
        result = bench_outage(
            MODES if given.mode == "all" else (given.mode,),
            seconds=given.seconds,
            rate=given.rate,
            deadline_ms=given.deadline_ms,
        )
    except SignalboxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(result, indent=None if given.json else 2) + "\n")
    return 1 if result["failing"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
