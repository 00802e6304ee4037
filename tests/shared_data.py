"""Public data sets that lie beside the project, for the tests that need real rows."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """The file ``path`` below the shared data; skips the test where it is absent."""
    found = SHARED / path
    if not found.is_file():
        pytest.skip(f"the data set {path} is not beside this project")
    return found
