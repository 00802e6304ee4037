"""Scenario files: which form a JSON object has, and the processes in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.simulation import archetype, mined, twin_form
from signalbox.simulation.fields import BadScenario, Fields
from signalbox.simulation.process import Process

LIMIT_BYTES = 64 * 1024 * 1024


def read_processes(path: Path) -> dict[str, Process]:
    """The processes of a scenario file by name: one mined process or twin, or several archetypes.

    Raises:
        BadScenario: no such file, no JSON, no known form or a field that is wrong; the message
            names file and field, the hint the fix.
    """
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise BadScenario(f"{path}: more than {LIMIT_BYTES} bytes", hint="give a smaller file")
        value = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror}", hint="name a file that is there") from error
    except (ValueError, RecursionError) as error:
        raise BadScenario(f"{path}: is no JSON: {error}", hint="give one JSON object") from error
    if isinstance(value, dict):
        alone = _read(Fields(str(path), "", value), str(value.get("name") or path.stem))
        if alone:
            return {alone.name: alone}
        several = {
            name: _read(Fields(str(path), name, inner), name)
            for name, inner in value.items()
            if isinstance(inner, dict)
        }
        found = {name: process for name, process in several.items() if process is not None}
        if found and len(found) == len(value):
            return found
    forms = (
        f"a mined process has {sorted(mined.MARKS)}, an archetype {sorted(archetype.MARKS)}, "
        f"a fitted twin {sorted(twin_form.MARKS)}"
    )
    raise BadScenario(f"{path}: holds no process of a known form", hint=forms)


def _read(fields: Fields, name: str) -> Process | None:
    process = _known(fields, name)
    if process is not None:
        try:
            process.visits()
        except np.linalg.LinAlgError:
            fix = "give every activity a way on that ends"
            raise fields.refuse("next", "some cases would never end", fix) from None
    return process


def _known(fields: Fields, name: str) -> Process | None:
    if len(twin_form.MARKS & set(fields.values)) >= 4:
        return twin_form.read_twin(fields, name)
    # One mark short is a form with a field missing, which the reader of that form can name.
    if len(archetype.MARKS & set(fields.values)) >= 2:
        return archetype.read_archetype(fields, name)
    if len(mined.MARKS & set(fields.values)) >= 3:
        return mined.read_mined(fields, name)
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} is there twice")
    return value
