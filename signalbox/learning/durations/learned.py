"""What was learned from a log, as it is kept: plain values and arrays, nothing that could run."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadModel
from signalbox.learning.durations.intervals import OUTSIDE
from signalbox.learning.durations.kinds import duration_class, next_class
from signalbox.learning.durations.model import DurationModel, NextModel
from signalbox.learning.durations.prefixes import Encoder
from signalbox.learning.folder import dump, new_folder, version_of, write_manifest
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.manifest import DURATIONS, verify_model

PARTS = ("remaining", "following")
REPORT = "report.json"


@dataclass(frozen=True)
class Learned:
    """All it takes to predict the running cases of a log.

    ``kinds`` are those of ``remaining`` and ``following``. ``tail`` is what is cut off both sides
    of a distribution for an interval of ``coverage``; ``ends`` are the activities that end a case.
    """

    columns: LogColumns
    encoder: Encoder
    ends: tuple[str, ...]
    sla_days: float | None
    coverage: float
    tail: float
    kinds: tuple[str, str]
    remaining: DurationModel
    following: NextModel


def save_learned(learned: Learned, report: Mapping[str, Any], out: Path) -> str:
    """Write the folder ``out`` as a whole or not at all; the version of what was learned.

    BadInput where it cannot be written.
    """
    core: dict[str, Any] = {
        "kind": DURATIONS,
        "columns": asdict(learned.columns),
        "encoder": learned.encoder.to_json(),
        "ends": list(learned.ends),
        "sla_days": learned.sla_days,
        "coverage": learned.coverage,
        "tail": learned.tail,
    }
    with new_folder(out, DURATIONS) as work:
        everything: dict[str, np.ndarray] = {}
        for name, kind in zip(PARTS, learned.kinds, strict=True):
            told, arrays = getattr(learned, name).to_parts()
            core[name] = {"kind": kind, "told": told}
            np.savez_compressed(work / f"{name}.npz", allow_pickle=False, **arrays)
            everything |= {f"{name}/{key}": value for key, value in arrays.items()}
        version = version_of(core, everything)
        dump(work / REPORT, {**report, "version": version})
        write_manifest(work, core, version)
    return version


def load_learned(folder: Path) -> Learned:
    """Read a folder written by ``save_learned``.

    BadModel where it is missing, altered, newer or of another kind; MissingExtra where it needs
    PyTorch and there is none.
    """
    manifest = verify_model(folder, DURATIONS)
    try:
        return _read(folder, manifest)
    except (
        KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, OSError,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise BadModel(
            f"{folder}: not a complete model ({str(error)[:200]})", hint="learn again"
        ) from error


def _read(folder: Path, manifest: Mapping[str, Any]) -> Learned:
    encoder = Encoder.from_json(manifest["encoder"])
    kinds = []
    for name in PARTS:
        kinds.append(str(manifest[name]["kind"]))
        if manifest[name]["told"]["features"] != len(encoder.names):
            raise ValueError("encoder and model do not fit together")
    columns, sla_days = manifest["columns"], manifest["sla_days"]
    tail = float(manifest["tail"])
    if not OUTSIDE <= tail < 0.5:
        raise ValueError("the tail is none")
    remaining, following = (manifest[name]["told"] for name in PARTS)
    return Learned(
        columns=LogColumns(**{**columns, "attributes": tuple(columns["attributes"])}),
        encoder=encoder,
        ends=tuple(str(name) for name in manifest["ends"]),
        sla_days=None if sla_days is None else float(sla_days),
        coverage=float(manifest["coverage"]),
        tail=tail,
        kinds=(kinds[0], kinds[1]),
        remaining=duration_class(kinds[0]).from_parts(remaining, _arrays(folder, PARTS[0])),
        following=next_class(kinds[1]).from_parts(following, _arrays(folder, PARTS[1])),
    )


def _arrays(folder: Path, name: str) -> dict[str, np.ndarray]:
    with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}
