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


def test_what_is_compiled_is_found_again_by_the_next_process() -> None:
    from signalbox.simulation.episode import kernel

    compiled = kernel()
    for one in (compiled.run, compiled.begin, compiled.go_on):
        closed_over = one.py_func.__closure__  # type: ignore[attr-defined]
        # Numbers alone are the same in every process, and so is what is kept under them.
        assert [type(cell.cell_contents) for cell in closed_over] == [int]
