"""The desk must be neither trivial nor hopeless for a plain linear model."""

from __future__ import annotations

from signalbox.demo.desk import ServiceDesk
from signalbox.demo.ticket import Phase


def test_a_linear_model_is_good_not_perfect_and_hurt_by_the_roll_out() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    desk = ServiceDesk(5)
    past, new = desk.history(2000), [t for t in desk.stream(1600) if t.in_scope]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    model = LogisticRegression(C=20, max_iter=200)
    model.fit(words.fit_transform([t.text for t in past]), [t.recorded_team for t in past])
    said = model.predict(words.transform([t.text for t in new]))
    right = [(t, team == t.true_team) for t, team in zip(new, said, strict=True)]

    def accuracy(phase: Phase, *, ambiguous: bool) -> float:
        hits = [ok for t, ok in right if t.phase is phase and t.ambiguous is ambiguous]
        return float(sum(hits) / len(hits))

    clear = accuracy(Phase.STEADY, ambiguous=False)
    assert 0.85 < clear < 0.98
    assert accuracy(Phase.STEADY, ambiguous=True) < 0.75
    assert accuracy(Phase.ROLLOUT, ambiguous=False) < clear - 0.05
