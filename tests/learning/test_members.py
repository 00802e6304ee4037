from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.features import Encoded
from signalbox.learning.kernel import fit_kernel
from signalbox.learning.linear import fit_logistic, fit_svm
from signalbox.learning.members import fit_members_on
from signalbox.learning.prototypes import fit_prototypes
from signalbox.learning.sparse import SparseRows

CENTRES = np.random.default_rng(5).normal(size=(3, 8))


def blobs(n: int, seed: int) -> tuple[Encoded, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    dense = CENTRES[y] + rng.normal(scale=0.4, size=(n, 8))
    dense = (dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
    rows = SparseRows.pack([(np.arange(8, dtype=np.int32), row) for row in dense], 8)
    return Encoded(rows, dense), y


def test_every_member_learns_the_blobs() -> None:
    encoded, y = blobs(300, 0)
    new, truth = blobs(200, 1)
    members = fit_members_on(encoded, y, 3)
    assert members.names == ["words", "meaning", "kernel"]
    found = members.evaluate(new)
    assert found.scores.shape == (3, 200, 3)
    for each in found.scores:
        assert np.mean(each.argmax(axis=1) == truth) > 0.9


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded, y = blobs(300, 0)
    members = fit_members_on(encoded, y, 3)
    whole = members.evaluate(encoded)
    monkeypatch.setattr("signalbox.learning.members._SLICE", 70)
    parts = members.evaluate(encoded)
    assert np.allclose(whole.scores, parts.scores, atol=1e-5)
    assert np.allclose(whole.familiarity, parts.familiarity, atol=1e-5)


def test_absent_labels_never_win_and_two_labels_work() -> None:
    encoded, y = blobs(300, 0)
    keep = np.flatnonzero(y < 2)
    for fit in (fit_svm, fit_logistic):
        member = fit("m", encoded.take(keep), y[keep], 4)
        found = member.scores(encoded.take(keep))
        assert found.shape == (len(keep), 4)
        assert np.mean(found.argmax(axis=1) == y[keep]) > 0.9


def test_subset_of_landmarks_is_close_to_exact() -> None:
    encoded, y = blobs(400, 0)
    new, truth = blobs(200, 1)
    exact = fit_kernel(encoded, y, 3)
    fewer = fit_kernel(encoded, y, 3, max_exact=300, max_landmarks=150)
    assert len(fewer.landmarks) == 150
    a, near = exact.scores(new)
    b, _ = fewer.scores(new)
    assert np.mean(a.argmax(axis=1) == b.argmax(axis=1)) > 0.97
    assert np.mean(b.argmax(axis=1) == truth) > 0.9
    assert ((near > 0) & (near <= 1.0001)).all()


def test_landmarks_on_every_row_are_the_exact_answer() -> None:
    encoded, y = blobs(200, 0)
    new, _ = blobs(50, 1)
    exact = fit_kernel(encoded, y, 3)
    same = fit_kernel(encoded, y, 3, max_exact=100, max_landmarks=200)
    assert np.allclose(np.exp(exact.scores(new)[0]), np.exp(same.scores(new)[0]), atol=0.01)


def test_kernel_reads_words_where_meaning_is_silent() -> None:
    """Embeddings that say nothing leave the sparse part to decide."""
    encoded, y = blobs(300, 0)
    new, truth = blobs(200, 1)
    assert encoded.dense is not None and new.dense is not None
    mute = [np.ones_like(e.dense) / np.sqrt(8) for e in (encoded, new)]
    member = fit_kernel(Encoded(encoded.sparse, mute[0]), y, 3)
    found, _ = member.scores(Encoded(new.sparse, mute[1]))
    assert np.mean(found.argmax(axis=1) == truth) > 0.9
    deaf = fit_kernel(Encoded(encoded.sparse, mute[0]), y, 3, share=0.0)
    found, _ = deaf.scores(Encoded(new.sparse, mute[1]))
    assert np.mean(found.argmax(axis=1) == truth) < 0.6


def test_prototypes_know_their_own_and_not_the_empty() -> None:
    encoded, y = blobs(300, 0)
    known = fit_prototypes(encoded.sparse, y, 3)
    assert known.familiarity(encoded.sparse).mean() > 0.8
    nothing = SparseRows.pack([(np.empty(0, np.int32), np.empty(0, np.float32))], 8)
    assert known.familiarity(nothing)[0] == 0
