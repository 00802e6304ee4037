"""Saved routers: a folder of plain arrays and JSON, checksummed, replaced only when complete."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput, BadModel
from signalbox.learning.manifest import (
    FORMAT,
    MANIFEST,
    checksum_of,
    is_model,
    sha256_of,
    verify_model,
)
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
    try:
        refuse_other(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", dir=out.parent))
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        _write(router, report, out, work, extra or {})
        if also is not None:
            also(work)
        _swap(work, out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out


def refuse_other(out: Path) -> None:
    """BadInput where ``out`` exists and is neither empty nor a model that may be replaced."""
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file", hint="name a folder with --out")
    if out.exists() and any(out.iterdir()) and not is_model(out):
        raise BadInput(
            f"{out}: exists and is not a model folder", hint="choose another --out, or remove it"
        )


def _unwritable(out: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{str(out)[:200]}: cannot be written ({error.strerror or error})",
        hint="free some space, or name another folder with --out",
    )


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
    _dump(work / VOCABULARY, vocabulary)
    _dump(work / ATTRIBUTES, attributes)
    if report is not None:
        _dump(work / REPORT, {**report.to_json(), "model_dir": str(out)})
    for name, content in extra.items():
        (work / name).write_bytes(content)
    files = {file.name: sha256_of(file) for file in sorted(work.iterdir())}
    # The report and the archive's own time stamps are not part of what was learned.
    learned = hashlib.sha256(json.dumps([core, vocabulary, attributes], sort_keys=True).encode())
    for name in sorted(arrays):
        learned.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    router.version = learned.hexdigest()[:16]
    manifest = {
        "format": FORMAT,
        "version": router.version,
        "libraries": _libraries(),
        "files": files,
        **core,
    }
    _dump(work / MANIFEST, {**manifest, "checksum": checksum_of(manifest)})


def _swap(work: Path, out: Path) -> None:
    if not out.exists():
        work.chmod(0o755)
        work.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    try:
        work.chmod(0o755)
        out.rename(old / "model")
        try:
            work.rename(out)
        except OSError:
            (old / "model").rename(out)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("signalbox", "numpy", "scikit-learn", "scipy", "sentence-transformers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
