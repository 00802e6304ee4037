"""A learned model, and programs of others that a machine may or may not have."""

from __future__ import annotations

import shutil

import pytest

from evals.benchmarks.posting import demo_model


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return demo_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def program():
    """The path of a program by name; skips where it is not installed."""

    def find(name: str) -> str:
        # Debian keeps servers where the PATH of an ordinary user does not look.
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found is None:
            pytest.skip(f"{name} is not installed")
        return found

    return find
