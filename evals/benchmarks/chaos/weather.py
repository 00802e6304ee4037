"""What goes wrong, and when: kills, restarts of the database, a language model that hangs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from evals.benchmarks.chaos.cluster import Cluster
from evals.benchmarks.chaos.postgres import MARK
from evals.scripted.process import ScriptedModel

CUT_S = 1.0


@dataclass(slots=True)
class Storm:
    """Moments drawn once, so that a seed gives the same weather again."""

    cluster: Cluster
    host: ScriptedModel
    db: str
    seconds: float
    kills: int
    db_restarts: int
    outage_s: float
    rng: random.Random
    killed: list[tuple[float, str]] = field(default_factory=list)
    restarted: list[tuple[float, str]] = field(default_factory=list)

    def blow(self) -> None:
        """All of it, in turn, in ``seconds``. Blocks."""
        began = time.monotonic()
        moments = [(self.rng.uniform(0.02, 0.95), "kill") for _ in range(self.kills)]
        moments += [(self.rng.uniform(0.1, 0.9), "restart") for _ in range(self.db_restarts)]
        start = 0.2
        moments += [(start, "hang"), (start + self.outage_s / self.seconds, "up")]
        for share, what in sorted(moments):
            time.sleep(max(0.0, began + share * self.seconds - time.monotonic()))
            if what == "kill":
                self.killed.append((time.time(), self.cluster.kill(self.rng)))
            elif what == "restart":
                self.restarted.append((time.time(), restart(self.db)))
            else:
                self.host.mode(what)
        time.sleep(max(0.0, began + self.seconds - time.monotonic()))


def restart(db: str) -> str:
    """Restart the PostgreSQL server of ``db`` at once; what was done.

    Where its data folder or ``pg_ctl`` is out of reach, every connection to the database is cut and
    new ones are refused for ``CUT_S`` seconds.
    """
    engine = create_engine(make_url(db).set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            folder = Path(str(connection.scalar(text("SHOW data_directory"))))
        pg_ctl = shutil.which("pg_ctl")
        if pg_ctl and (folder / "postmaster.opts").exists() and _ours(folder):
            owner = folder.stat().st_uid
            subprocess.run(
                [pg_ctl, "-D", str(folder), "-m", "immediate", "-w", "-l", "/dev/null", "restart"],
                check=True,
                user=owner if os.getuid() == 0 and owner != 0 else None,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
            )
            return "restart"
        _cut(engine, str(make_url(db).database))
        return "connections cut"
    except (OSError, SQLAlchemyError, subprocess.SubprocessError) as error:
        return f"failed: {str(error).splitlines()[0]}"
    finally:
        engine.dispose()


def _ours(folder: Path) -> bool:
    """Whether the server was started for this purpose: nobody else's work is to be interrupted."""
    return (folder / MARK).exists()


def _cut(engine: object, name: str) -> None:
    from sqlalchemy import Engine

    assert isinstance(engine, Engine)
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        time.sleep(CUT_S)
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
