"""Saved calibrations: a folder with one checksummed JSON file per model, prompt and dialect."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from agents.calibration import AgentCalibration, CalibrationKey, Cases
from signalbox.domain.base import digest_of
from signalbox.domain.errors import BadModel

_HINT = "fit it again, or restore the file"


def path_of(folder: Path, key: CalibrationKey, cases: Cases = "hard") -> Path:
    """Where the calibration for ``key`` is kept; the consult step looks for hard cases' only."""
    kind = "agent" if cases == "hard" else f"agent-{cases}"
    return folder / f"{kind}-{key.digest[:32]}.json"


def save_calibration(calibration: AgentCalibration, folder: Path) -> Path:
    """Write it whole or not at all, in the place of an earlier one for the same key."""
    folder.mkdir(parents=True, exist_ok=True)
    content = calibration.model_dump(mode="json")
    path = path_of(folder, calibration.key, calibration.cases)
    text = json.dumps({"sha256": digest_of(content), "calibration": content}, indent=1)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    work = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        work.chmod(0o644)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
    return path


def load_calibration(
    folder: Path, key: CalibrationKey, cases: Cases = "hard"
) -> AgentCalibration | None:
    """The calibration for exactly ``key`` and such ``cases``; None where there is none.

    Raises:
        BadModel: there is one, but it was altered, is damaged, or is of another version or key.
    """
    path = path_of(folder, key, cases)
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        content, claimed = stored["calibration"], stored["sha256"]
        if digest_of(content) != claimed:
            raise BadModel(f"{path}: does not match its checksum", hint=_HINT)
        calibration = AgentCalibration.model_validate(content)
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise BadModel(f"{path}: not a calibration ({error})", hint=_HINT) from error
    if calibration.key != key or calibration.cases != cases:
        raise BadModel(
            f"{path}: is for {calibration.key.model!r} with {calibration.key.prompt_version!r}"
            f" and {calibration.cases} cases",
            hint="the file was renamed: fit one for this model and prompt",
        )
    return calibration
