"""Tracing services of the libraries underneath: none is told of tasks."""

from __future__ import annotations

import logging
import os

log = logging.getLogger("signalbox")

VARIABLES = tuple(
    f"{maker}_TRACING{version}" for maker in ("LANGSMITH", "LANGCHAIN") for version in ("", "_V2")
)


def ignore_tracing() -> None:
    """Take the variables that switch them on out of this process's environment.

    They would be sent every text before it is redacted, and the oldest of them makes langchain
    refuse to run at all.
    """
    for name in VARIABLES:
        if os.environ.pop(name, None) is not None:
            log.warning("%s is ignored: no tracing service is told of tasks", name)
