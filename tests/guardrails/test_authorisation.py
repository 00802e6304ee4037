from hypothesis import given
from hypothesis import strategies as st

from guardrails.authorisation import Evidence, authorise
from signalbox.domain.enums import AutonomyLevel, Reversibility, RiskClass, Source, Verdict

CERTIFIED = {"source": Source.MODEL, "option": "a", "certified": True, "certified_bound": 0.04}


def verdict(**changes):
    return authorise(Evidence(**{**CERTIFIED, **changes})).verdict


def test_a_certified_reversible_unguarded_answer_is_allowed():
    assert verdict() is Verdict.ALLOW


def test_each_part_alone_can_ask_for_a_person():
    assert verdict(certified=False) is Verdict.REQUIRE_APPROVAL
    assert verdict(level=AutonomyLevel.SUGGEST) is Verdict.REQUIRE_APPROVAL
    assert verdict(predictor_level=AutonomyLevel.SUGGEST) is Verdict.REQUIRE_APPROVAL
    assert verdict(reversibility=Reversibility.IRREVERSIBLE) is Verdict.REQUIRE_APPROVAL
    assert verdict(rule_verdict=Verdict.REQUIRE_APPROVAL) is Verdict.REQUIRE_APPROVAL
    assert verdict(problem="not offered") is Verdict.REQUIRE_APPROVAL
    assert verdict(option=None) is Verdict.REQUIRE_APPROVAL


def test_the_top_class_is_never_done_alone_and_the_others_say_their_class():
    assert verdict(risk=RiskClass.TOP) is Verdict.REQUIRE_APPROVAL
    for risk in (None, RiskClass.LOW, RiskClass.STANDARD, RiskClass.HIGH):
        assert verdict(risk=risk) is Verdict.ALLOW


def test_a_deny_wins_over_everything_and_says_who_denied():
    answer = authorise(Evidence(**CERTIFIED, rule_verdict=Verdict.DENY, rule_reasons=("frozen",)))
    assert answer.verdict is Verdict.DENY
    assert answer.reason == "frozen"


def test_evaluators_that_disagree_deny():
    assert verdict(disagreement=True) is Verdict.DENY


def note(**changes):
    notes = authorise(Evidence(**{**CERTIFIED, **changes})).notes
    return next(one.reason for one in notes if one.part == "certificate")


def test_the_note_says_what_the_answer_was_allowed_on():
    assert note() == "certified error <= 0.040"
    by_record = note(by_record=True, certified_bound=None)
    assert by_record == "within the error budget of the recent record"
    assert verdict(by_record=True, certified=False) is Verdict.REQUIRE_APPROVAL


def test_an_uncalibrated_agent_never_acts_alone():
    assert verdict(source=Source.AGENT, certified=False) is Verdict.REQUIRE_APPROVAL


def test_a_rule_decides_without_a_model_but_not_above_the_autonomy_level():
    assert verdict(source=Source.RULE, certified=False) is Verdict.ALLOW
    assert (
        verdict(source=Source.RULE, certified=False, level=AutonomyLevel.OFF)
        is Verdict.REQUIRE_APPROVAL
    )


evidence = st.builds(
    Evidence,
    source=st.sampled_from(Source),
    option=st.sampled_from(["a", None]),
    certified=st.booleans(),
    level=st.sampled_from(AutonomyLevel),
    predictor_level=st.sampled_from(AutonomyLevel),
    reversibility=st.sampled_from(Reversibility),
    rule_verdict=st.sampled_from(Verdict),
    disagreement=st.booleans(),
    problem=st.sampled_from(["", "wrong"]),
)
WORSE = [
    {"certified": False},
    {"level": AutonomyLevel.OFF},
    {"predictor_level": AutonomyLevel.OFF},
    {"reversibility": Reversibility.IRREVERSIBLE},
    {"rule_verdict": Verdict.DENY},
    {"disagreement": True},
    {"problem": "wrong"},
    {"option": None},
]


@given(evidence, st.sampled_from(WORSE))
def test_no_finding_ever_makes_the_answer_more_permissive(given_evidence, worse):
    after = authorise(given_evidence.model_copy(update=worse))
    assert after.verdict >= authorise(given_evidence).verdict


@given(evidence)
def test_the_verdict_is_the_most_restrictive_part_and_has_a_reason(given_evidence):
    answer = authorise(given_evidence)
    words = {note.verdict for note in answer.notes}
    assert answer.verdict.word in words
    assert all(Verdict[word.upper()] <= answer.verdict for word in words)
    assert answer.reason
