from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.learning.measures import auroc
from signalbox.learning.report import LearnReport
from signalbox.learning.router import Router
from signalbox.learning.table import Table
from tests.learning.conftest import make_table


def test_answers_new_rows(router: Router) -> None:
    new = make_table(200, seed=7)
    batch = router.predict(new.texts, new.attributes)
    hits = np.array(batch.labels) == np.array(new.labels)
    assert hits.mean() > 0.95
    assert np.allclose(batch.probabilities.sum(axis=1), 1, atol=1e-5)
    assert batch.probabilities.dtype == np.float32
    assert batch.labels == [batch.ranked(i)[0][0] for i in range(len(batch))]


def test_one_row_is_answered_as_in_a_batch(router: Router) -> None:
    new = make_table(20, seed=8)
    batch = router.predict(new.texts, new.attributes)
    assert new.texts is not None
    for i, text in enumerate(new.texts):
        one = router.predict_one(text, {k: v[i] for k, v in new.attributes.items()})
        assert one.labels == [batch.labels[i]]
        assert np.allclose(one.probabilities[0], batch.probabilities[i], atol=1e-6)
        assert one.automatic[0] == batch.automatic[i]


def test_attributes_by_row_or_by_column(router: Router, table: Table) -> None:
    rows = [{"site": s} for s in table.attributes["site"][:30]]
    texts = table.texts[:30] if table.texts else []
    by_row = router.predict(texts, rows)
    by_column = router.predict(texts, {"site": table.attributes["site"][:30]})
    assert np.array_equal(by_row.probabilities, by_column.probabilities)


def test_unknown_and_missing_input_is_answered_with_less_confidence(router: Router) -> None:
    known = router.predict_one("vpn tunnel", {"site": "site 1"})
    odd = router.predict_one(None, {"colour": "blue", "site": "never seen"})
    assert odd.confidence[0] < known.confidence[0]
    assert not odd.automatic[0]
    assert len(router.predict_one(None, {})) == 1


def test_strangers_score_lower(router: Router) -> None:
    new = make_table(100, seed=9)
    inside = router.predict(new.texts, new.attributes).scope_score
    outside = router.predict([f"zebra giraffe {i} savannah" for i in range(50)]).scope_score
    assert auroc(inside, outside) > 0.95


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.dictionaries(st.text(max_size=8), st.text(max_size=8)))
def test_never_fails_on_any_input(router: Router, text: str, extra: dict[str, str]) -> None:
    one = router.predict_one(text, extra)
    assert one.labels[0] in router.classes
    assert np.isfinite(one.probabilities).all()


def test_lengths_must_agree(router: Router) -> None:
    with pytest.raises(ValueError, match="one length"):
        router.predict(["a", "b"], {"site": ["x"]})
    with pytest.raises(ValueError, match="one length"):
        router.predict(["a", "b"], [{}])


def test_automatic_follows_the_certificate(learned: tuple[Router, LearnReport]) -> None:
    router, _ = learned
    new = make_table(300, seed=10)
    batch = router.predict(new.texts, new.attributes)
    threshold = router.certificate.threshold
    assert threshold is not None
    assert np.array_equal(batch.automatic, batch.in_scope & (batch.confidence >= threshold))
    assert batch.automatic.any()


def test_held_back_label_needs_its_own_bar(router: Router) -> None:
    from dataclasses import replace

    certificate = replace(router.certificate, label_thresholds={"network": np.inf})
    strict = replace(router, certificate=certificate, _bars=None)
    new = make_table(100, seed=11)
    batch = strict.predict(new.texts, new.attributes)
    network = np.array(batch.labels) == "network"
    assert network.any() and not batch.automatic[network].any()
    assert batch.automatic[~network].any()
