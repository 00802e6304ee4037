"""What is installed has every file that the commands read: none lies beside the code only."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Read by people or by setuptools, not by the code.
UNREAD = {".pyc", ".pyi"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names in a wheel that is built from a copy: a build leaves things beside what it builds."""
    pytest.importorskip("setuptools", reason="setuptools is not installed")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [
        one.removesuffix("*") for one in told["tool"]["setuptools"]["packages"]["find"]["include"]
    ]
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in packages:
        shutil.copytree(ROOT / name, source / name, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps",
         "--no-index", "--no-build-isolation", "--quiet", "--wheel-dir", str(out), str(source)],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("signalbox-*.whl")
    with zipfile.ZipFile(built) as archive:
        return packages, set(archive.namelist())


def test_every_file_of_the_packages_is_in_it(wheel):
    packages, there = wheel
    wanted = {
        str(path.relative_to(ROOT))
        for name in packages
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in UNREAD and "__pycache__" not in path.parts
    }
    assert len([one for one in wanted if not one.endswith(".py")]) > 10
    assert wanted - there == set()


def test_nothing_else_is_in_it(wheel):
    packages, there = wheel
    tops = {name.partition("/")[0] for name in there}
    assert {one for one in tops if not one.endswith(".dist-info")} == set(packages)
