"""The manifest of a model folder: what lies in it, and whether it is still what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadModel

FORMAT = 1
MANIFEST = "manifest.json"
# What a folder without a kind holds: there was one kind first.
ROUTING = "routing"
DURATIONS = "durations"


def verify_model(folder: Path, kind: str = ROUTING) -> dict[str, Any]:
    """The manifest, with every file there and unaltered; BadModel otherwise. Loads nothing."""
    manifest = read_manifest(folder, kind)
    for name, expected in manifest["files"].items():
        if not (folder / name).is_file():
            raise BadModel(f"{folder}: {name} is missing", hint="learn again, or copy it whole")
        if sha256_of(folder / name) != expected:
            raise BadModel(
                f"{folder / name}: does not match its checksum",
                hint="the file was altered or damaged: learn again, or restore it",
            )
    return manifest


def read_manifest(folder: Path, kind: str = ROUTING) -> dict[str, Any]:
    """The manifest alone, its format and kind checked but not the files."""
    try:
        present = is_model(folder)
    except OSError:
        present = False
    if not present:
        raise BadModel(
            f"{str(folder)[:200]}: no model here",
            hint=f"give the folder that learn {kind} wrote with --out",
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
        claimed = manifest.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadModel(f"{folder / MANIFEST}: not readable ({error})", hint="learn again") from None
    if found != FORMAT:
        raise BadModel(
            f"{folder}: model format {found}, this version reads {FORMAT}",
            hint="learn again with this version of Signalbox",
        )
    if claimed != checksum_of(manifest):
        raise BadModel(
            f"{folder / MANIFEST}: does not match its checksum",
            hint="the file was altered or damaged: learn again, or restore it",
        )
    found = manifest.get("kind", ROUTING)
    if found != kind:
        raise BadModel(
            f"{folder}: learned by learn {str(found)[:40]}, not by learn {kind}",
            hint=f"give the folder that learn {kind} wrote with --out",
        )
    return dict(manifest)


def kind_of(folder: Path) -> str | None:
    """The kind of the model in ``folder``; None where its manifest cannot be read."""
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("kind", ROUTING))
    except (ValueError, AttributeError, OSError):
        return None


def is_model(folder: Path) -> bool:
    """Whether ``folder`` holds a manifest at all."""
    return (folder / MANIFEST).is_file()


def checksum_of(manifest: Mapping[str, Any]) -> str:
    """sha256 (hex) of the manifest without its own checksum."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """sha256 (hex) of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
