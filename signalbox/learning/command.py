"""Learn a router from a file and write it to a folder: what the command line and the demo call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput
from signalbox.learning.folder import whole_or_nothing
from signalbox.learning.limits import Limits
from signalbox.learning.online.store import write_online
from signalbox.learning.router import Router
from signalbox.learning.store import save_router
from signalbox.learning.table import Table, read_table
from signalbox.learning.training import MIN_ROWS, LearnConfig, learn_routing

HISTORY = "online/history.json.gz"
Progress = Callable[[str, float], None]


def learn_to_folder(
    data: Path,
    out: Path,
    *,
    label: str,
    text: str | None = None,
    attributes: Sequence[str] = (),
    time: str | None = None,
    id_column: str | None = None,
    encoder: str = "tfidf",
    target_accuracy: float = 0.95,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The report of ``learn routing`` as plain values; the folder holds all that serving needs.

    Raises BadInput and kin for bad data; then nothing is left behind, and a model that was there
    before is untouched. ``id_column`` names the column in which no value may stand twice.
    """
    with whole_or_nothing(out):
        progress("reading", 0.0)
        table = read_table(
            data,
            text=text,
            attributes=attributes,
            label=label,
            time=time,
            id_column=id_column,
            limits=Limits(),
        )
        _check_enough(data, table, label)
        config = LearnConfig(encoder=encoder, target_accuracy=target_accuracy, seed=seed)
        router, report = learn_routing(table, config, progress)
        report.warnings.append(
            f"the model folder keeps texts and attributes in plain form ({HISTORY}, readable by "
            "its owner only): guard it like the data itself"
        )
        save_router(router, report, out, also=lambda folder: _keep_history(folder, table, router))
        progress("written", 1.0)
    return {**report.to_json(), "model_dir": str(out)}


def _keep_history(folder: Path, table: Table, router: Router) -> None:
    """What online learning starts from: rows as they were read, so nobody else may read them."""
    write_online(folder, table, router)
    (folder / HISTORY).chmod(0o600)


def require_words(data: Path, table: Table) -> None:
    """BadInput where the text is all there is to go by, and it is blank in every row."""
    if table.texts is not None and not table.attributes and not any(map(str.strip, table.texts)):
        raise BadInput(
            f"{data}: the text is empty in every row", hint="name another column with --text"
        )


def _check_enough(data: Path, table: Table, label: str) -> None:
    require_words(data, table)
    if len(table) < MIN_ROWS:
        raise BadInput(
            f"{data}: {len(table)} rows are too few to learn from and check",
            hint=f"give {MIN_ROWS} or more",
        )
    distinct = len(set(table.labels))
    if distinct > len(table) / 2:
        raise BadInput(
            f"{data}: column {label!r} has {distinct:,} different labels in {len(table):,} rows: "
            "most occur once only",
            hint="is --label the right column? It should name the team or category",
        )
