"""Saved routers: a folder of plain arrays and JSON, checksummed, replaced only when complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from signalbox.domain.errors import BadModel
from signalbox.learning.folder import dump, new_folder, version_of, write_manifest
from signalbox.learning.manifest import verify_model
from signalbox.learning.parts import from_parts, to_parts
from signalbox.learning.report import LearnReport
from signalbox.learning.router import Router

ARRAYS = "arrays.npz"
VOCABULARY = "vocabulary.json"
ATTRIBUTES = "attributes.json"
REPORT = "report.json"


def save_router(
    router: Router,
    report: LearnReport | None,
    out_dir: str | Path,
    extra: Mapping[str, bytes] | None = None,
    also: Callable[[Path], object] | None = None,
) -> Path:
    """Write ``out_dir`` as a whole or not at all, and set ``router.version``.

    ``extra`` adds files by name, covered by the checksums like the rest; ``also`` is called with
    the folder before it appears, to add parts with checksums of their own. A model that is already
    there is replaced once the new one is complete; any other non-empty folder is refused. BadInput
    where the folder cannot be written.
    """
    out = Path(out_dir)
    with new_folder(out) as work:
        _write(router, report, out, work, extra or {})
        if also is not None:
            also(work)
    return out


def load_router(model_dir: str | Path) -> Router:
    """Read a folder written by ``save_router``. BadModel where it is missing, altered or newer."""
    folder = Path(model_dir)
    manifest = verify_model(folder)
    try:
        with np.load(folder / ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        attributes = json.loads((folder / ATTRIBUTES).read_text(encoding="utf-8"))
        return from_parts(manifest, arrays, vocabulary, attributes)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise BadModel(f"{folder}: not a complete model ({error})", hint="learn again") from error


def _write(
    router: Router,
    report: LearnReport | None,
    out: Path,
    work: Path,
    extra: Mapping[str, bytes],
) -> None:
    core, arrays, vocabulary, attributes = to_parts(router)
    np.savez(work / ARRAYS, allow_pickle=False, **arrays)
    dump(work / VOCABULARY, vocabulary)
    dump(work / ATTRIBUTES, attributes)
    if report is not None:
        dump(work / REPORT, {**report.to_json(), "model_dir": str(out)})
    for name, content in extra.items():
        (work / name).write_bytes(content)
    # The report and the archive's own time stamps are not part of what was learned.
    router.version = version_of([core, vocabulary, attributes], arrays)
    write_manifest(work, core, router.version)
