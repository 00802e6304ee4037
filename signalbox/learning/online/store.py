"""What the online mode needs, beside the router in the model folder: arrays and JSON, no pickle."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadModel
from signalbox.learning.online.base import BaseRouter, encoder_of
from signalbox.learning.online.config import OnlineConfig
from signalbox.learning.online.forest import Forest
from signalbox.learning.online.walker import OnlineRouter
from signalbox.learning.online.warm import Shadow, Warm, warm_up
from signalbox.learning.table import Table

FOLDER = "online"
FORMAT = 1
RELEARN = "learn the model again with this version of signalbox"


def write_online(
    model_dir: str | Path,
    table: Table,
    router: BaseRouter | None,
    config: OnlineConfig | None = None,
    *,
    encoder: Any = None,
    fit: bool = False,
) -> Path:
    """Write ``model_dir/online``: the newest history rows and, with ``fit``, the fitted trees.

    Without ``fit`` this costs well under a second and the trees are fitted at the first load.
    Without ``config`` the promise is that of the router's certificate. The folder appears whole or
    not at all; an earlier one is replaced. Returns its path.
    """
    config = config or _promised_by(router)
    encoder = encoder if encoder is not None else encoder_of(router)
    history = table.in_time_order()
    if len(history) > config.max_history:
        history = history.take(range(len(history) - config.max_history, len(history)))
    target = Path(model_dir) / FOLDER
    fresh = target.with_name(f".{FOLDER}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        _write_history(fresh / "history.json.gz", history)
        if fit:
            known = list(router.classes) if router is not None else []
            _write_warm(fresh / "warm.npz", warm_up(history, config, encoder=encoder, known=known))
        digests = {p.name: _digest(p) for p in sorted(fresh.iterdir())}
        manifest = {"format": FORMAT, "config": config.to_dict(), "sha256": digests}
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        old = target.with_name(f".{FOLDER}.{os.getpid()}.old")
        if target.exists():
            target.replace(old)
        fresh.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return target


def load_online(
    model_dir: str | Path,
    router: BaseRouter | None,
    config: OnlineConfig | None = None,
    *,
    encoder: Any = None,
    progress: Callable[[float], None] | None = None,
) -> OnlineRouter:
    """The online router of a model folder, warmed on its stored history (about 3 ms a row).

    ``progress`` hears the share of the history that has been walked.

    With ``refit=False`` in ``config`` the history is not read. Raises BadModel where the folder
    is missing, of another format, or altered.
    """
    folder = Path(model_dir) / FOLDER
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise BadModel(f"{folder}: format {manifest['format']}, not {FORMAT}", hint=RELEARN)
        settings = config or OnlineConfig.from_dict(manifest["config"])
        for name, digest in manifest["sha256"].items():
            if _digest(folder / name) != digest:
                raise BadModel(f"{folder / name}: does not match its checksum", hint=RELEARN)
        if not settings.refit:
            return OnlineRouter(router, settings)
        history = _read_history(folder / "history.json.gz")
        forest, shadow = _read_warm(folder / "warm.npz")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadModel(f"{folder}: cannot be read ({error})", hint=RELEARN) from error
    encoder = encoder if encoder is not None else encoder_of(router)
    known = list(router.classes) if router is not None else []
    warm = warm_up(
        history,
        settings,
        encoder=encoder,
        known=known,
        forest=forest,
        shadow=shadow,
        progress=progress,
    )
    return OnlineRouter(router, settings, warm=warm, encoder=encoder)


def _promised_by(router: BaseRouter | None) -> OnlineConfig:
    error = getattr(getattr(router, "certificate", None), "target_error", None)
    return OnlineConfig() if error is None else OnlineConfig(target_accuracy=1 - error)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_history(path: Path, table: Table) -> None:
    rows = {
        "texts": table.texts,
        "attributes": table.attributes,
        "labels": table.labels,
        "times": None if table.times is None else [t.isoformat() for t in table.times],
    }
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
        json.dump(rows, file)


def _read_history(path: Path) -> Table:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = json.load(file)
    times = rows["times"]
    return Table(
        texts=rows["texts"],
        attributes=rows["attributes"],
        labels=rows["labels"],
        times=None if times is None else [datetime.fromisoformat(t) for t in times],
    )


def _write_warm(path: Path, warm: Warm) -> None:
    forest = warm.learner.forest
    trees = {} if forest is None else {f"forest_{k}": v for k, v in forest.arrays().items()}
    names = sorted({label for _, label, _ in warm.shadow})
    at = {name: i for i, name in enumerate(names)}
    np.savez_compressed(
        path,
        allow_pickle=False,
        signals=np.array([s for s, _, _ in warm.shadow], np.float64),
        labels=np.array([at[label] for _, label, _ in warm.shadow], np.int64),
        correct=np.array([c for _, _, c in warm.shadow], bool),
        names=np.array(names, dtype=str),
        **trees,
    )


def _read_warm(path: Path) -> tuple[Forest | None, list[Shadow]]:
    if not path.exists():
        return None, []
    with np.load(path, allow_pickle=False) as arrays:
        trees = {k[7:]: arrays[k] for k in arrays.files if k.startswith("forest_")}
        names = [str(n) for n in arrays["names"]]
        shadow: list[Shadow] = [
            (tuple(float(v) for v in s), names[int(label)], bool(c))
            for s, label, c in zip(
                arrays["signals"], arrays["labels"], arrays["correct"], strict=True
            )
        ]
    return (Forest.from_arrays(trees) if trees else None), shadow
