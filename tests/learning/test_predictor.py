"""What the learned predictor takes in from outcomes, and what it says about itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision, Trace
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from signalbox.learning.predictor import LearnedPredictor
from signalbox.learning.router import Router

SURE = {"text": "payslip salary tax bonus", "attributes": {"site": "site 2"}}
LIVING = {"source": Source.MODEL, "status": DecisionStatus.DECIDED}


@pytest.fixture
def model(router: Router) -> Router:
    return replace(router, version="first")


def decide(predictor: LearnedPredictor, subject: str, **fields) -> Decision:
    """The decision the spine would draft from the prediction; ``fields`` say who chose in fact."""
    found = predictor.predict(Task(id=subject, **SURE), predictor.options)
    trace = Trace(
        ranked=found.ranked,
        guess=found.guess,
        threshold=found.threshold,
        model_version=found.version,
    )
    given = {"option": found.best.option, **LIVING, **fields}
    return Decision(
        id=f"dec_{subject}", subject=subject, epoch=1, trace=trace, decided_at=utc_now(), **given
    )


def feed(predictor: LearnedPredictor, decision: Decision, option: str) -> None:
    predictor.feed_back(decision, Outcome(subject=decision.subject, option=option))


def record(predictor: LearnedPredictor) -> dict:
    """What the control goes by, to the last digit."""
    state = predictor._online.state()
    return {name: state[name] for name in ("answered", "trust", "controller", "monitor")}


def test_an_error_is_the_models_only_where_it_decided_alone(model):
    predictor = LearnedPredictor(model)
    others = [
        {"source": Source.RULE, "option": "network"},
        {"source": Source.PERSON, "option": "network"},
        {"source": Source.AGENT, "option": "network"},
        {"status": DecisionStatus.DENIED, "option": None},
    ]
    for number in range(40):
        decision = decide(predictor, f"t{number}", **others[number % len(others)])
        held = decision.trace.guess.model_copy(update={"above": False})
        trace = decision.trace.model_copy(update={"guess": held})
        feed(predictor, decision.model_copy(update={"trace": trace}), "network")
    assert record(predictor)["controller"]["automatic"] == 0
    assert predictor.level is AutonomyLevel.AUTOMATIC
    for number in range(40):
        feed(predictor, decide(predictor, f"m{number}"), "network")
    assert record(predictor)["controller"]["errors"] == 40
    assert predictor.level is AutonomyLevel.SUGGEST


def test_what_the_shadow_shows_gives_autonomy_back(model):
    predictor = LearnedPredictor(model)
    for number in range(10):
        feed(predictor, decide(predictor, f"m{number}"), "network")
    assert predictor.level is AutonomyLevel.SUGGEST
    for number in range(60):
        decision = decide(predictor, f"p{number}", source=Source.PERSON)
        assert decision.trace.guess.above
        feed(predictor, decision, "payroll")
    assert predictor.level is AutonomyLevel.AUTOMATIC


def test_another_model_version_is_not_charged(model):
    first = LearnedPredictor(model)
    past = [decide(first, f"m{number}") for number in range(40)]
    second = LearnedPredictor(replace(model, version="second"))
    for decision in past:
        feed(first, decision, "network")
        feed(second, decision, "network")
    assert first.level is AutonomyLevel.SUGGEST
    assert second.level is AutonomyLevel.AUTOMATIC
    assert record(second) == record(LearnedPredictor(model))
    assert second.predict(Task(id="n", **SURE), second.options).automatic


def test_a_trace_without_a_guess_still_counts(model):
    predictor = LearnedPredictor(model)
    for number in range(10):
        decision = decide(predictor, f"m{number}")
        trace = decision.trace.model_copy(update={"guess": None})
        feed(predictor, decision.model_copy(update={"trace": trace}), "network")
    assert record(predictor)["controller"]["errors"] == 10
    assert predictor.level is AutonomyLevel.SUGGEST


def test_a_running_figure_is_no_certificate(model):
    predictor = LearnedPredictor(model)
    task = Task(id="t", **SURE)
    before = predictor.predict(task, predictor.options)
    assert (before.certified_bound, before.by_record) == (model.certificate.bound, False)
    assert before.observed_bound is None
    for number in range(predictor._online.config.min_evidence):
        feed(predictor, decide(predictor, f"m{number}"), "payroll")
    after = predictor.predict(task, predictor.options)
    assert after.automatic
    assert (after.certified_bound, after.by_record) == (None, True)
    assert 0 < after.observed_bound < 0.05


def test_the_reason_while_autonomy_is_withdrawn_says_so(model):
    predictor = LearnedPredictor(model)
    for number in range(10):
        feed(predictor, decide(predictor, f"m{number}"), "network")
    found = predictor.predict(Task(id="t", **SURE), predictor.options)
    assert not found.automatic
    assert found.reason == "autonomy is withdrawn: recent errors exceed the promise"


def test_the_reason_is_true_of_the_row(model):
    def reason(router, offered=None, text=SURE):
        predictor = LearnedPredictor(router)
        found = predictor.predict(Task(id="t", **text), offered or predictor.options)
        assert found.automatic == (found.reason == "")
        return found.reason

    def bars(**own):
        return replace(
            model, certificate=replace(model.certificate, label_thresholds=own), _bars=None
        )

    assert reason(model) == ""
    assert "'payroll', the likeliest, is not among" in reason(model, ("network", "access"))
    assert "'payroll' is never chosen alone" in reason(bars(payroll=np.inf))
    assert "is below 1.000, the threshold certified for 'payroll'" in reason(bars(payroll=1.0))
    strict = replace(model, certificate=replace(model.certificate, threshold=1.0), _bars=None)
    assert "is below the certified threshold 1.000" in reason(strict)
    nothing = replace(model, certificate=replace(model.certificate, threshold=None), _bars=None)
    assert reason(nothing).startswith("no threshold could be certified")
    assert reason(model, text={"text": "zebra quagga"}).startswith("unlike anything")
