"""The compiler and the search are loaded by what needs them, and by nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "start",
    [
        "import signalbox.cli, signalbox.cli.bench, signalbox.app, api.application",
        "import signalbox.simulation.reading, signalbox.simulation.process",
        "from typer.testing import CliRunner; from signalbox.cli import app;"
        "assert CliRunner().invoke(app, ['bench', 'allocation', '--help']).exit_code == 0",
    ],
)
def test_neither_numba_nor_cma_is_loaded_at_a_start(start: str) -> None:
    check = f"{start}; import sys; assert not {{'numba', 'cma'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
