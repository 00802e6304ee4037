"""Learn a router from a file and write it to a folder: what the command line and the demo call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput
from signalbox.learning.limits import Limits
from signalbox.learning.online.store import write_online
from signalbox.learning.store import save_router
from signalbox.learning.table import read_table
from signalbox.learning.training import LearnConfig, learn_routing

Progress = Callable[[str, float], None]


def learn_to_folder(
    data: Path,
    out: Path,
    *,
    label: str,
    text: str | None = None,
    attributes: Sequence[str] = (),
    time: str | None = None,
    encoder: str = "tfidf",
    target_accuracy: float = 0.95,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The report of ``learn routing`` as plain values; the folder holds all that serving needs.

    Raises BadInput and kin for bad data, before anything is written.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file", hint="name a folder with --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{out.parent} cannot be created ({error.strerror})", hint="name another --out"
        ) from None
    progress("reading", 0.0)
    table = read_table(
        data, text=text, attributes=attributes, label=label, time=time, limits=Limits()
    )
    if table.texts is not None and not table.attributes and not any(map(str.strip, table.texts)):
        raise BadInput(
            f"{data}: the text is empty in every row", hint="name another column with --text"
        )
    config = LearnConfig(encoder=encoder, target_accuracy=target_accuracy, seed=seed)
    router, report = learn_routing(table, config, progress)
    save_router(router, report, out)
    write_online(out, table, router)
    progress("written", 1.0)
    return {**report.to_json(), "model_dir": str(out)}
