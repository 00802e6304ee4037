"""Start-up check: the six top-level packages resolve to this project and no other.

Names such as ``agents`` or ``evals`` belong to other distributions too. If one of those is
installed beside Signalbox, an import would silently fetch foreign code.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from signalbox.domain.errors import SignalboxError

PACKAGES = ("agents", "graphs", "rules", "guardrails", "evals", "api")


class ForeignPackage(SignalboxError):
    """One of our package names resolves to somebody else's code."""

    code = "foreign-package"
    status = 500
    exit_code = 2


def where(name: str) -> Path | None:
    """Folder a top-level package would be imported from, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent


def check_tree() -> dict[str, Path]:
    """Folder of each of the six packages.

    Raises:
        ForeignPackage: one is missing or lies outside this tree.
    """
    root = Path(__file__).resolve().parent.parent
    found: dict[str, Path] = {}
    for name in PACKAGES:
        folder = where(name)
        if folder is None or folder != root / name:
            raise ForeignPackage(
                f"package '{name}' resolves to {folder or 'nothing'}, not to {root / name}",
                hint="run Signalbox in its own virtual environment: `make demo` makes one",
            )
        found[name] = folder
    return found
