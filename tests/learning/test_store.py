from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from signalbox.domain.errors import BadInput, BadModel
from signalbox.learning.report import LearnReport
from signalbox.learning.router import Router
from signalbox.learning.store import load_router, save_router
from signalbox.learning.training import fit_members
from tests.learning.conftest import make_table


@pytest.fixture
def folder(learned: tuple[Router, LearnReport], tmp_path: Path) -> Path:
    return save_router(*learned, tmp_path / "model")


def test_answers_are_the_same_after_loading(router: Router, folder: Path) -> None:
    again = load_router(folder)
    new = make_table(60, seed=30)
    a, b = router.predict(new.texts, new.attributes), again.predict(new.texts, new.attributes)
    assert np.array_equal(a.probabilities, b.probabilities)
    assert np.array_equal(a.automatic, b.automatic)
    assert np.array_equal(a.scope_score, b.scope_score)
    assert again.certificate == router.certificate
    assert again.version == router.version != ""
    assert again.attribute_names == ["site", "floor"]


def test_version_depends_on_what_was_learned(
    learned: tuple[Router, LearnReport], folder: Path, tmp_path: Path
) -> None:
    first = learned[0].version
    save_router(*learned, tmp_path / "again")
    assert learned[0].version == first
    other = fit_members(make_table(100, seed=31))
    save_router(other, None, tmp_path / "other")
    assert other.version != first


def test_no_pickle_inside(folder: Path) -> None:
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind == "f" for name in stored.files)
    assert {f.name for f in folder.iterdir()} == {
        "manifest.json",
        "arrays.npz",
        "vocabulary.json",
        "attributes.json",
        "report.json",
    }


@pytest.mark.parametrize("name", ["arrays.npz", "vocabulary.json", "attributes.json"])
def test_altered_or_missing_file_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(BadModel, match=f"{name}: does not match its checksum"):
        load_router(folder)
    (folder / name).unlink()
    with pytest.raises(BadModel, match=f"{name} is missing"):
        load_router(folder)


def test_altered_certificate_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["certificate"]["threshold"] = 0.0
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadModel, match="checksum"):
        load_router(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99, "checksum": ""}'])
def test_unreadable_or_newer_manifest(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BadModel) as caught:
        load_router(folder)
    assert caught.value.hint


def test_no_model_there(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="no model here"):
        load_router(tmp_path)


def test_failed_save_leaves_the_old_model(
    learned: tuple[Router, LearnReport], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_router(folder).version

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("signalbox.learning.store.np.savez", fail)
    with pytest.raises(BadInput, match="disk full"):
        save_router(*learned, folder)
    monkeypatch.undo()
    assert load_router(folder).version == before
    assert [f.name for f in folder.parent.iterdir()] == ["model"]


def test_replaces_a_model_but_nothing_else(
    learned: tuple[Router, LearnReport], folder: Path, tmp_path: Path
) -> None:
    (folder / "stray.txt").write_text("left over")
    save_router(*learned, folder, extra={"note.bin": b"x"})
    assert not (folder / "stray.txt").exists()
    assert (folder / "note.bin").read_bytes() == b"x"
    other = tmp_path / "documents"
    other.mkdir()
    (other / "letter.txt").write_text("keep me")
    with pytest.raises(BadInput, match="not a model folder"):
        save_router(*learned, other)
    assert (other / "letter.txt").exists()


def test_loading_does_not_import_the_heavy_libraries(folder: Path) -> None:
    code = (
        "import sys; from signalbox.learning.store import load_router;"
        f"r = load_router({str(folder)!r}); r.predict_one('vpn', {{}});"
        "print([m for m in ('sklearn', 'scipy', 'torch', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
