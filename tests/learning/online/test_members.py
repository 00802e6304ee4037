"""Linear model, neighbours, recency and mixing: what each learns from a few rows."""

import numpy as np

from signalbox.learning.online.linear import OnlineLinear
from signalbox.learning.online.mixing import Mixing
from signalbox.learning.online.neighbours import Neighbours
from signalbox.learning.online.recency import Recency
from signalbox.learning.online.row import Row
from signalbox.learning.online.vectors import Vectoriser


def test_the_linear_model_learns_texts_and_a_new_label():
    vectoriser, model = Vectoriser([()], 4096), OnlineLinear(4096)
    texts = ["printer broken", "salary missing"]
    for _ in range(30):
        for label, text in enumerate(texts):
            features = vectoriser.features(Row(text, ()))
            model.add(features, label, 2)
            vectoriser.count(features)
    new = vectoriser.features(Row("door locked", ()))
    for _ in range(5):
        model.add(new, 2, 3)
    said = [int(model.look(vectoriser.features(Row(t, ())), 3).argmax()) for t in texts]
    assert said == [0, 1]
    assert int(model.look(new, 3).argmax()) == 2


def test_the_dense_block_alone_separates():
    vectoriser, model = Vectoriser([()], 64), OnlineLinear(64)
    for i in range(200):
        vector = np.eye(4, dtype=np.float32)[i % 4]
        model.add(vectoriser.features(Row(None, (), vector=vector)), i % 4, 4)
    seen = vectoriser.features(Row(None, (), vector=np.eye(4, dtype=np.float32)[2]))
    assert int(model.look(seen, 4).argmax()) == 2


def test_neighbours_forget_the_oldest():
    near = Neighbours(capacity=4, nearest=2)
    a, b = np.eye(2, dtype=np.float32)
    near.add(a, 0)
    for _ in range(4):
        near.add(b, 1)
    assert near.look(a, 2)[0, 0] == -1
    assert near.look(b, 2)[1, 1] == 1
    assert np.isnan(near.look(None, 2)).all()


def test_recency_counts_rows_since():
    recent = Recency()
    recent.add(Row(None, ()), 1)
    recent.add(Row(None, ()), 0)
    seen = recent.look(Row(None, ()), 3)
    assert seen[1, 3] == 2 and seen[0, 3] == 1
    assert seen[0, 0] > seen[1, 0] > seen[2, 0]


def test_mixing_drops_a_router_that_no_longer_fits():
    mixing = Mixing()
    start = mixing.share
    for _ in range(100):
        mixing.add({"old": 1.0}, {"new": 0.9, "old": 0.1}, "new")
    assert mixing.share < 0.05 < start
    pooled = mixing.pool({"old": 1.0}, {"new": 0.9, "old": 0.1})
    assert next(iter(pooled)) == "new"
    assert abs(sum(pooled.values()) - 1) < 1e-9
