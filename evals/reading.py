"""Labelled rows to measure a learned router on, read as it was learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from signalbox.domain.errors import BadInput
from signalbox.learning.columns import MissingColumn
from signalbox.learning.command import require_words
from signalbox.learning.limits import Limits
from signalbox.learning.router import Router
from signalbox.learning.table import Table, read_table


def read_as_learned(
    router: Router,
    data: Path,
    *,
    label: str,
    text: str | None = None,
    attributes: Sequence[str] = (),
    time: str | None = None,
    id_column: str | None = None,
) -> Table:
    """The rows of ``data`` with the columns ``router`` reads, and those of ``attributes`` besides.

    ``text`` names the text where the file calls it otherwise. Raises BadInput as ``read_table``
    does, and where there is no text to go by.
    """
    learned = tuple(router.attribute_names)
    named = tuple(name for name in attributes if name not in learned)
    try:
        table = read_table(
            data,
            text=text or router.columns.get("text"),
            attributes=learned + named,
            label=label,
            time=time,
            id_column=id_column,
            limits=Limits(min_labels=1),
        )
    except MissingColumn as error:
        if error.column in (label, text, time, id_column, *named):
            raise
        # No option names this one: it comes from the model.
        hint = f"the model reads a column of this name: rename it in the file ({error.hint})"
        raise BadInput(error.message, hint=hint) from None
    require_words(data, table)
    return table
