"""Nothing that is found, set or written ever makes the guardrails more permissive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guardrails.authorisation import Evidence, authorise
from guardrails.autonomy import ORDER, AutonomyPolicy, least
from guardrails.limits import Limits
from signalbox.domain.autonomy import StoredAutonomy, Switch
from signalbox.domain.decision import Decision, Trace
from signalbox.domain.enums import (
    AutonomyLevel,
    DecisionStatus,
    Kind,
    Reversibility,
    RiskClass,
    Source,
    Verdict,
)
from signalbox.domain.limits import Draw

# Every part of the evidence with its values from the least restrictive to the most.
PARTS: dict[str, list[Any]] = {
    "option": ["a", None],
    "certified": [True, False],
    "level": list(reversed(ORDER)),
    "predictor_level": list(reversed(ORDER)),
    "reversibility": list(Reversibility),
    "risk": list(RiskClass),
    "rule_verdict": list(Verdict),
    "disagreement": [False, True],
    "problem": ["", "not offered"],
}
# By itself a rule needs no certificate, so whoever else chose is never let through sooner.
UNCERTIFIED = (Source.RULE, Source.FALLBACK)
texts = st.text(max_size=40)


@st.composite
def two_evidences(draw: st.DrawFn) -> tuple[Evidence, Evidence]:
    """Two that differ in any number of parts, the second more restrictive in each of them."""
    easy: dict[str, Any] = {}
    strict: dict[str, Any] = {}
    for name, values in PARTS.items():
        here = draw(st.integers(0, len(values) - 1))
        easy[name] = values[here]
        strict[name] = values[draw(st.integers(here, len(values) - 1))]
    source = draw(st.sampled_from(Source))
    others = [source, *(one for one in Source if one not in UNCERTIFIED)]
    for parts, by in ((easy, source), (strict, draw(st.sampled_from(others)))):
        parts |= {"source": by, "by_record": draw(st.booleans())}
        parts["certified_bound"] = draw(st.none() | st.floats(0, 1))
    return Evidence(**easy), Evidence(**strict)


@given(two_evidences())
def test_whatever_parts_are_more_restrictive_the_verdict_is_no_laxer(pair):
    easy, strict = pair
    assert authorise(strict).verdict >= authorise(easy).verdict


def test_from_the_laxest_evidence_each_part_alone_can_stop_it():
    laxest = Evidence(source=Source.MODEL, **{name: values[0] for name, values in PARTS.items()})
    assert authorise(laxest).verdict is Verdict.ALLOW
    for name, values in PARTS.items():
        worst = laxest.model_copy(update={name: values[-1]})
        assert authorise(worst).verdict > Verdict.ALLOW, name


@given(two_evidences(), texts, texts, texts, st.lists(texts, max_size=3), st.text(min_size=1))
def test_no_words_in_the_evidence_sway_it(pair, unsure, why, problem, reasons, option):
    one = pair[0]
    worded = one.model_copy(
        update={
            "uncertain_reason": unsure,
            "level_reason": why,
            "rule_reasons": tuple(reasons),
            "problem": one.problem and f"{problem}.",
            "option": one.option and option,
        }
    )
    assert authorise(worded).verdict is authorise(one).verdict


levels = st.sampled_from(AutonomyLevel)
policies = st.builds(
    AutonomyPolicy,
    kinds=st.dictionaries(st.sampled_from(Kind), levels),
    caps=st.dictionaries(st.sampled_from(RiskClass), levels),
)
stored = st.builds(
    StoredAutonomy,
    switch=st.sampled_from(Switch),
    levels=st.dictionaries(st.sampled_from(Kind), levels),
    actor=texts,
    reason=texts,
)
kinds, risks = st.sampled_from(Kind), st.none() | st.sampled_from(RiskClass)


def rank(level):
    return ORDER.index(level)


@given(policies, stored, kinds, risks, levels, st.sampled_from(RiskClass), kinds)
def test_the_level_is_monotone_in_each_of_its_inputs(policy, now, kind, risk, other, of, named):
    before = rank(policy.level(kind, risk, now))

    def lowered(given_levels, key):
        standing = given_levels.get(key, AutonomyLevel.AUTOMATIC)
        return {**given_levels, key: least(standing, other)}

    by_kind = policy.model_copy(update={"kinds": lowered(policy.kinds, named)})
    by_cap = policy.model_copy(update={"caps": lowered(policy.caps, of)})
    by_order = now.model_copy(update={"levels": lowered(now.levels, named)})
    assert rank(by_kind.level(kind, risk, now)) <= before
    assert rank(by_cap.level(kind, risk, now)) <= before
    assert rank(policy.level(kind, risk, by_order)) <= before
    assert before <= rank(policy.level(kind, None, now)) <= rank(policy.level(kind, None))


@given(kinds, st.sampled_from(RiskClass), levels)
def test_each_of_them_alone_can_set_the_level(kind, risk, level):
    ordered = StoredAutonomy(levels={kind: level})
    assert AutonomyPolicy(kinds={kind: level}).level(kind, None) is level
    assert AutonomyPolicy(caps={risk: level}).level(kind, risk) is level
    assert AutonomyPolicy().level(kind, risk, ordered) is level
    paused = ordered.model_copy(update={"switch": Switch.PAUSED})
    assert AutonomyPolicy().level(kind, risk, paused) is least(level, AutonomyLevel.APPROVE_FIRST)


@given(policies, stored, kinds, risks)
def test_a_switch_that_is_not_running_leaves_nothing_automatic(policy, now, kind, risk):
    running = now.model_copy(update={"switch": Switch.RUNNING})
    level = policy.level(kind, risk, now)
    assert rank(level) <= rank(policy.level(kind, risk, running))
    if now.switch is not Switch.RUNNING:
        assert level is not AutonomyLevel.AUTOMATIC


@given(stored, kinds, st.sampled_from(Source), st.sampled_from(Switch))
def test_what_is_asked_about_and_what_is_held_at_the_commit_agree(now, kind, source, switch):
    asked = AutonomyPolicy().level(kind, None, now) is not AutonomyLevel.AUTOMATIC
    decision = decided(kind=kind, source=source)
    held = bool(now.holds(decision))
    assert bool(now.bars(kind)) == asked
    assert held == (asked if decision.automatic else now.switch is Switch.HALTED)
    # A refusal has no effect outside, and nothing holds it.
    refused = decision.model_copy(update={"status": DecisionStatus.DENIED, "option": None})
    assert now.model_copy(update={"switch": switch}).holds(refused) == ""


def decided(**more: Any) -> Decision:
    return Decision(
        **{
            "id": "d1",
            "subject": "t1",
            "epoch": 1,
            "status": DecisionStatus.DECIDED,
            "option": "network",
            "source": Source.MODEL,
            "decided_at": datetime(2026, 3, 1, tzinfo=UTC),
            **more,
        }
    )


ALL = Limits(per_minute=1, option_per_hour=2, requester_per_hour=3, tenant_per_day=4)


@given(texts, texts, st.floats(0, 1), st.dictionaries(texts, texts, max_size=3))
def test_what_is_taken_from_the_limits_follows_from_no_text(reason, consult, sure, facts):
    draws = (Draw(account="b", amount=1, limit=2), Draw(account="a", amount=1, limit=2))
    loud = decided(reason=reason, confidence=sure, trace=Trace(consult=consult, facts=facts))
    checks = ALL.checks(loud, "ann", draws)
    assert checks == ALL.checks(decided(), "ann", draws)
    assert [one.account for one in checks.draws] == ["a", "b"]
    assert [one.name.partition(":")[0] for one in checks.takes] == [
        "all",
        "option",
        "requester",
        "tenant",
    ]


@given(st.sampled_from([" Ann", "ANN", "\uff41nn", "a\u200bnn"]))
def test_one_requester_has_one_limit_in_every_spelling(name):
    assert ALL.checks(decided(), name) == ALL.checks(decided(), "ann")
    assert ALL.checks(decided(), "bob") != ALL.checks(decided(), "ann")
    assert ALL.checks(decided(), None) == ALL.checks(decided(), "")
