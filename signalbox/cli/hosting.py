"""What `serve` and `worker` have in common: the same settings, told in the same way."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from signalbox.settings import Settings

Model = Annotated[Path | None, typer.Option(help="folder written by `learn routing`")]
Rules = Annotated[Path | None, typer.Option(help="rule file (YAML)")]
FallbackTeam = Annotated[str | None, typer.Option(help="team for what no model should decide")]


SWITCH_S = 0.001
"""How long a thread may keep the others from running. Python's own 5 ms are waited for several
times by a decision whose database work runs beside somebody's sums."""


def prepare(**options: object) -> Settings:
    """The settings with ``options`` laid over them; before anything that imports langgraph.

    Raises BadInput for options and variables that do not fit, or that are slips.
    """
    # No class may be rebuilt from a checkpoint; read when langgraph is imported.
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    from signalbox.settings import read_settings, refuse_slips

    refuse_slips(os.environ)
    sys.setswitchinterval(SWITCH_S)
    return read_settings(**options)


def start_logs(settings: Settings) -> None:
    """Log to stderr, without secrets, beginning with settings that nobody reads."""
    from signalbox.logs import quiet, redact_logs
    from signalbox.settings import unknown_variables

    redact_logs([settings.llm.api_key.get_secret_value()])
    logging.basicConfig(level=settings.log_level.upper(), stream=sys.stderr)
    quiet()
    for sentence in unknown_variables(os.environ):
        logging.getLogger("signalbox").warning("%s", sentence)
