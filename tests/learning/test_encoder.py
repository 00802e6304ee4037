from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signalbox.domain.errors import BadInput, BadModel, MissingExtra
from signalbox.learning import encoder as encoders
from signalbox.learning.encoder import embeddings_available, installed_encoders, resolve_encoder
from signalbox.learning.store import load_router, save_router
from signalbox.learning.training import LearnConfig, learn_routing
from tests.learning.conftest import make_table

needs_model = pytest.mark.skipif(
    not (embeddings_available() and installed_encoders()),
    reason="no sentence encoder is installed",
)


def test_tfidf_means_no_encoder() -> None:
    assert resolve_encoder("tfidf") is None


def test_named_encoder_without_the_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "embeddings_available", lambda: False)
    assert resolve_encoder("auto") is None
    with pytest.raises(MissingExtra, match=r"signalbox\[embeddings\]"):
        resolve_encoder("some/model")


def test_auto_without_the_extra_says_that_it_used_words_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "embeddings_available", lambda: False)
    _, report = learn_routing(make_table(120), LearnConfig(encoder="auto", folds=3))
    assert any("words only" in note and "make embeddings" in note for note in report.warnings)
    _, plain = learn_routing(make_table(120), LearnConfig(folds=3))
    assert not any("words only" in note for note in plain.warnings)


@needs_model
def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json"):
        resolve_encoder(str(tmp_path))


@needs_model
def test_rows_have_unit_length_and_one_equals_many() -> None:
    found = resolve_encoder("auto")
    assert found is not None
    texts = ["where is my card", "the card has not arrived", "bake a cake"]
    many = found.encode(texts)
    assert np.allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    assert np.allclose(found.encode(texts[:1])[0], many[0], atol=1e-4)
    assert many[0] @ many[1] > many[0] @ many[2] + 0.2


@needs_model
def test_learns_saves_and_loads_with_an_encoder(tmp_path: Path) -> None:
    table = replace(make_table(160), attributes={})
    name = next(iter(installed_encoders()))
    router, report = learn_routing(table, LearnConfig(encoder=name, folds=3))
    assert report.encoder == name
    assert router.members.names == ["words", "meaning", "kernel"]
    save_router(router, report, tmp_path / "model")
    again = load_router(tmp_path / "model")
    again.warm()
    new = make_table(20, seed=40)
    assert again.predict(new.texts).labels == router.predict(new.texts).labels


@needs_model
def test_another_encoder_than_the_one_learned_with_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = replace(make_table(80), attributes={})
    name = next(iter(installed_encoders()))
    save_router(*learn_routing(table, LearnConfig(encoder=name, folds=2)), tmp_path / "model")
    monkeypatch.setattr(encoders.Encoder, "digest", lambda self: "other weights")
    with pytest.raises(BadModel, match="not the one learned with"):
        load_router(tmp_path / "model")
