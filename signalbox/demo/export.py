"""The desk's history as a CSV file, to learn from by hand."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path

from signalbox.demo.desk import ServiceDesk
from signalbox.demo.ticket import ATTRIBUTES
from signalbox.domain.errors import BadInput

COLUMNS = ("id", "opened", "text", *ATTRIBUTES, "team")


def write_history_csv(path: str | Path, *, n: int = 3000, seed: int = 7) -> Path:
    """Writes ``n`` closed tickets (UTF-8, columns ``COLUMNS``, ``team`` as recorded) to ``path``.

    The file appears whole or not at all. Raises BadInput where the folder does not exist or cannot
    be written.
    """
    target = Path(path)
    tickets = ServiceDesk(seed).history(n)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    except OSError as error:
        raise BadInput(
            f"cannot write {target}: {error.strerror}", hint="name a file in a folder that exists"
        ) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
            rows.writeheader()
            for ticket in tickets:
                rows.writerow(
                    {
                        "id": ticket.id,
                        "opened": ticket.opened.isoformat(),
                        "text": ticket.text,
                        "team": ticket.recorded_team,
                        **ticket.attributes,
                    }
                )
        part.chmod(0o644)
        part.replace(target)
    except OSError as error:
        raise BadInput(
            f"cannot write {target}: {error.strerror}", hint="name a file that can be written"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return target
