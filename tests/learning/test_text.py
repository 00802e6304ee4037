from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from signalbox.learning.text import TextVectorizer

TEXTS = [
    "Job 4711 failed on host db-12, again!",
    "  The VPN   drops every   hour ",
    "a b c",
    "Ärger mit dem Drucker: Papierstau im Fach 2",
    "the VPN tunnel failed; job 4711",
    "printer printer printer",
    "",
]


def test_equals_scikit_learn() -> None:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    ours = TextVectorizer.fit(TEXTS)
    found = ours.transform(TEXTS).to_scipy().toarray()
    for prefix, peer in (("w", words), ("c", chars)):
        expected = peer.fit_transform(TEXTS).toarray()
        terms = list(peer.get_feature_names_out())
        columns = [ours.vocabulary[prefix + term] for term in terms]
        assert np.allclose(found[:, columns] * np.sqrt(2), expected, atol=1e-6)
    assert ours.width == len(words.vocabulary_) + len(chars.vocabulary_)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_finite_row_no_longer_than_one(text: str) -> None:
    rows = TextVectorizer.fit(TEXTS).transform([text])
    assert np.isfinite(rows.values).all()
    assert float(rows.values @ rows.values) <= 1 + 1e-5


def test_keeps_the_most_frequent_features_under_a_limit() -> None:
    whole, small = TextVectorizer.fit(TEXTS), TextVectorizer.fit(TEXTS, max_features=10)
    dropped = set(whole.vocabulary) - set(small.vocabulary)
    assert small.width == 10
    assert small.idf.max() <= min(whole.idf[whole.vocabulary[term]] for term in dropped)
