"""A PostgreSQL server of our own, so that it can be restarted without disturbing anybody."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evals.benchmarks.chaos.cluster import free_ports
from signalbox.domain.errors import BadInput

MARK = "signalbox-chaos"
_SETTINGS = "listen_addresses='127.0.0.1' max_connections=200 unix_socket_directories=''"


@contextmanager
def own_postgres() -> Iterator[str]:
    """The URL of an empty database on a server that ends with the block; durable as by default.

    Raises BadInput where PostgreSQL's programs are not installed.
    """
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    # The server does not run as root; whoever it runs as has to own the folder.
    user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    given = user.pw_uid if os.getuid() == 0 else None
    made = Path(tempfile.mkdtemp(prefix="signalbox-postgres-"))
    os.chown(made, user.pw_uid, user.pw_gid)
    folder, port = made / "data", free_ports(1)[0]

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, user=given, cwd="/", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    try:
        run(initdb, "-D", str(folder), "-U", "signalbox", "-A", "trust", "--no-sync")
        (folder / MARK).touch()
        options = " ".join(f"-c {one}" for one in _SETTINGS.split()) + f" -p {port}"
        run(pg_ctl, "-D", str(folder), "-w", "-l", str(made / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://signalbox@127.0.0.1:{port}/postgres"
        finally:
            run(pg_ctl, "-D", str(folder), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _program(name: str) -> str:
    found = [
        *filter(None, [shutil.which(name)]),
        *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), reverse=True),
    ]
    if not found:
        raise BadInput(
            f"PostgreSQL's '{name}' is not installed",
            hint="install PostgreSQL's server package, or name a database with --db",
        )
    return found[0]
