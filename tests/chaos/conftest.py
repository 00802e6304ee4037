"""What the weather is made on: a learned model, and a disk that is soon full."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from evals.benchmarks.chaos.postgres import own_postgres
from evals.benchmarks.posting import demo_model
from signalbox.domain.errors import BadInput
from tests.databases import empty_database


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return demo_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def small_disk():
    """A file system of 40 MB."""
    # Not below the folder of this run, which is closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="signalbox-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture(scope="session")
def own_server(request):
    """A server of this run's own where one can be made: others would feel the weather too."""
    try:
        with own_postgres() as url:
            yield url
    except BadInput:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_database(own_server):
    """The URL of an empty database on it."""
    with empty_database(own_server) as url:
        yield url
