from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from signalbox.learning.text import PAIR_WINDOW, TextVectorizer, stem, stem_pairs

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
        assert np.allclose(found[:, columns] * np.sqrt(3), expected, atol=1e-6)
    pairs = [term for term in ours.vocabulary if term[0] == "p"]
    assert pairs
    assert ours.width == len(words.vocabulary_) + len(chars.vocabulary_) + len(pairs)


def test_pairs_are_of_stems_in_either_order_and_only_of_near_words() -> None:
    assert stem("arrived") == stem("arrival") == "arri"
    assert (stem("cards"), stem("as"), stem("bus"), stem("card")) == ("card", "as", "bus", "card")
    assert stem_pairs("card never arrived") & stem_pairs("arrival of my cards") == {"arri card"}
    assert stem_pairs("ping ping") == set()
    apart = ["start", *["x"] * (PAIR_WINDOW - 2), "stop"]
    assert "start stop" in stem_pairs(" ".join(apart))
    assert "start stop" not in stem_pairs(" ".join([*apart[:-1], "x", "stop"]))


def test_pairs_do_not_crowd_the_words_out() -> None:
    texts = [" ".join(f"w{i * j % 97}" for i in range(60)) for j in range(1, 30)]
    found = TextVectorizer.fit(texts, max_features=300).vocabulary
    assert len(found) == 300
    assert sum(term[0] == "p" for term in found) == 100


def test_a_pair_brings_differently_worded_texts_together() -> None:
    texts = ["card never arrived", "when will cards arrive", "card broke", "trains arrive late"] * 2
    rows = TextVectorizer.fit(texts).transform(["arrival of the card", "breaking of the card"])
    sparse = rows.to_scipy()
    reference = TextVectorizer.fit(texts).transform(["card never arrived"]).to_scipy()
    near, far = (sparse @ reference.T).toarray().ravel()
    assert near > far


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_finite_row_no_longer_than_one(text: str) -> None:
    rows = TextVectorizer.fit(TEXTS).transform([text])
    assert np.isfinite(rows.values).all()
    assert float(rows.values @ rows.values) <= 1 + 1e-5


def test_keeps_the_most_frequent_features_under_a_limit() -> None:
    whole, small = TextVectorizer.fit(TEXTS), TextVectorizer.fit(TEXTS, max_features=10)
    assert small.width == 10
    for kinds in ("wc", "p"):
        kept = [term for term in small.vocabulary if term[0] in kinds]
        dropped = [t for t in whole.vocabulary if t[0] in kinds and t not in small.vocabulary]
        rarest = max(small.idf[small.vocabulary[term]] for term in kept)
        assert rarest <= min(whole.idf[whole.vocabulary[term]] for term in dropped)
