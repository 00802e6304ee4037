"""A model folder on its way to disk: replaced only when complete, each file with a checksum."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.manifest import (
    FORMAT,
    MANIFEST,
    ROUTING,
    checksum_of,
    is_model,
    kind_of,
    sha256_of,
)


@contextmanager
def new_folder(out: Path, kind: str = ROUTING) -> Iterator[Path]:
    """A work folder that becomes ``out`` when the block ends well, and is removed otherwise.

    A model of this ``kind`` that is already there is replaced then; any other non-empty folder is
    refused. BadInput where the folder cannot be written.
    """
    try:
        refuse_other(out, kind)
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", dir=out.parent))
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        yield work
        _swap(work, out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_other(out: Path, kind: str = ROUTING) -> None:
    """BadInput where ``out`` exists and is neither empty nor a model that may be replaced."""
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file", hint="name a folder with --out")
    if out.exists() and any(out.iterdir()):
        if not is_model(out):
            raise BadInput(
                f"{out}: exists and is not a model folder",
                hint="choose another --out, or remove it",
            )
        if kind_of(out) not in (kind, None):
            raise BadInput(
                f"{out}: holds a model of another kind ({kind_of(out)})",
                hint="choose another --out, or remove it",
            )


def write_manifest(work: Path, core: Mapping[str, Any], learned: str) -> None:
    """Close ``work``: ``core``, the version ``learned`` and the checksums of all files there."""
    files = {file.name: sha256_of(file) for file in sorted(work.iterdir())}
    manifest = {
        "format": FORMAT,
        "version": learned,
        "libraries": _libraries(),
        "files": files,
        **core,
    }
    dump(work / MANIFEST, {**manifest, "checksum": checksum_of(manifest)})


def version_of(told: Any, arrays: Mapping[str, np.ndarray]) -> str:
    """What names a model by its content: 16 hex digits of sha256 over JSON values and arrays."""
    learned = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(arrays):
        learned.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return learned.hexdigest()[:16]


def dump(path: Path, content: Any) -> None:
    """Write ``content`` as JSON."""
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


@contextmanager
def whole_or_nothing(out: Path, kind: str = ROUTING) -> Iterator[None]:
    """Find out early whether ``out`` can be written; on failure remove the folders made for it."""
    try:
        missing = [folder for folder in out.parents if not folder.exists()]
        refuse_other(out, kind)
        out.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(out.parent, os.W_OK | os.X_OK)
    except OSError as error:
        raise BadInput(
            f"{str(out)[:200]} cannot be created ({error.strerror})",
            hint="name another folder with --out",
        ) from None
    if not writable:
        raise BadInput(f"{out.parent} cannot be written to", hint="name another folder with --out")
    try:
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise


def _unwritable(out: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{str(out)[:200]}: cannot be written ({error.strerror or error})",
        hint="free some space, or name another folder with --out",
    )


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


def _libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("signalbox", "numpy", "scikit-learn", "scipy", "sentence-transformers", "torch"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
