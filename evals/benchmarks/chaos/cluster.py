"""Servers and workers on one database, killed at random and started again as a supervisor would."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from signalbox.domain.errors import Unavailable

RESTART_AFTER_S = 0.2


@dataclass(slots=True)
class Member:
    """One place in the cluster: what runs there is replaced when it dies."""

    name: str
    arguments: list[str]
    log: Path
    url: str | None = None
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0
    starts: int = 0


@dataclass(slots=True)
class Cluster:
    """``serve`` on ports of their own and ``worker``, under a supervisor in a thread."""

    members: list[Member]
    env: dict[str, str]
    over: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)
    thread: threading.Thread | None = None

    @property
    def urls(self) -> list[str]:
        return [one.url for one in self.members if one.url]

    def start(self) -> None:
        """Start all, and go on starting what dies."""
        for one in self.members:
            self._launch(one)
        self.thread = threading.Thread(target=self._supervise, daemon=True)
        self.thread.start()

    def kill(self, rng: random.Random) -> str:
        """SIGKILL one member that runs; its name."""
        with self.turn:
            alive = [one for one in self.members if one.process and one.process.poll() is None]
            if not alive:
                return ""
            one = rng.choice(alive)
            assert one.process is not None
            one.process.kill()
            one.process.wait()
            one.kills += 1
            return one.name

    def stop(self) -> None:
        """End all in order (SIGTERM), at the latest after half a minute."""
        self.over.set()
        if self.thread:
            self.thread.join()
        processes = [one.process for one in self.members if one.process]
        for process in processes:
            process.terminate()
        ends = time.monotonic() + 30
        for process in processes:
            try:
                process.wait(timeout=max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _launch(self, one: Member) -> None:
        with one.log.open("ab") as log:
            one.process = subprocess.Popen(
                [sys.executable, "-m", "signalbox", *one.arguments],
                stdout=log,
                stderr=log,
                env=self.env,
            )
        one.starts += 1

    def _supervise(self) -> None:
        while not self.over.wait(0.05):
            for one in self.members:
                if one.process is not None and one.process.poll() is not None:
                    self.over.wait(RESTART_AFTER_S)
                    with self.turn:
                        if not self.over.is_set():
                            self._launch(one)


def make_cluster(
    folder: Path, db: str, model: Path, servers: int, workers: int, env: Mapping[str, str]
) -> Cluster:
    """A cluster that has not been started. Logs go to ``folder``."""
    common = ["--db", db, "--model", str(model), "--fallback-team", "front desk"]
    members = []
    for number, port in enumerate(free_ports(servers), start=1):
        arguments = ["serve", "--port", str(port), *common]
        name = f"api-{number}"
        members.append(Member(name, arguments, folder / f"{name}.log", f"http://127.0.0.1:{port}"))
    for number in range(1, workers + 1):
        name = f"worker-{number}"
        members.append(Member(name, ["worker", *common], folder / f"{name}.log"))
    return Cluster(members, {**os.environ, **env})


def free_ports(count: int) -> Sequence[int]:
    """Ports that were free a moment ago."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def last_words(cluster: Cluster, lines: int = 3) -> str:
    """The end of every log, for an error message."""
    return " | ".join(
        f"{one.name}: {' / '.join(one.log.read_text(errors='replace').splitlines()[-lines:])}"
        for one in cluster.members
        if one.log.exists()
    )


def not_up(cluster: Cluster) -> Unavailable:
    return Unavailable(
        f"the cluster did not come up: {last_words(cluster)}",
        hint="run `signalbox serve` with the same --db by hand to see why",
    )
