from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.base import canonical_json, digest_of
from signalbox.domain.decision import Decision, Trace, action_digest, decision_id
from signalbox.domain.enums import DecisionStatus, Source, Verdict
from signalbox.domain.task import Task


def decision(**changes):
    base = {
        "id": "dec_1",
        "subject": "t",
        "epoch": 1,
        "status": DecisionStatus.DECIDED,
        "option": "a",
        "source": Source.MODEL,
        "decided_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Decision(**{**base, **changes})


def test_moments_carry_an_offset_and_are_kept_in_utc():
    given_time = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert decision(decided_at=given_time).decided_at.isoformat() == "2026-01-01T10:00:00+00:00"
    with pytest.raises(ValidationError, match="UTC offset"):
        decision(decided_at=datetime(2026, 1, 1))


def test_a_task_needs_something_to_go_by_and_takes_plain_attributes():
    with pytest.raises(ValidationError, match="text, attributes, or both"):
        Task(id="t", text="  ")
    task = Task(id="t", attributes={"floor": 3, "vip": True, "gone": None})
    assert task.attributes == {"floor": "3", "vip": "true"}


def test_content_is_told_apart_from_identity():
    one, other = Task(id="a", text="x"), Task(id="b", text="x")
    assert one.content_digest == other.content_digest
    assert Task(id="a", text="y").content_digest != one.content_digest


def test_an_approval_binds_to_the_exact_action():
    base = decision()
    assert action_digest(base) == action_digest(decision(reason="other words"))
    for changed in ({"option": "b"}, {"subject": "u"}, {"epoch": 2}, {"tenant": "x"}):
        assert action_digest(decision(**changed)) != action_digest(base)


@pytest.mark.parametrize(
    "trace",
    [
        {"rules_digest": "x"},
        {"model_version": "x"},
        {"prompt_version": "x"},
        {"risk": "top"},
        {"offered": ("a",)},
        {"standing": "a"},
        {"facts": {"priority": "low"}},
    ],
)
def test_an_approval_binds_to_what_a_check_goes_by(trace):
    assert action_digest(decision(trace=Trace(**trace))) != action_digest(decision())


@pytest.mark.parametrize(
    "more",
    [
        {"action": "route_task"},
        {"arguments": {"team": "a"}},
        {"task_digest": "x"},
        {"needed": 2},
    ],
)
def test_an_approval_binds_to_the_call_the_task_and_the_number_of_people(more):
    assert action_digest(decision(), **more) != action_digest(decision())


def test_words_that_change_nothing_are_not_bound():
    told = Trace(consult="asked", reasoning="long", timings_ms={"predict": 1.0}, cost_usd=0.1)
    assert action_digest(decision(trace=told)) == action_digest(decision())


def test_a_digest_outlives_being_written_as_json():
    facts = {"confidence": 0.1 + 0.2, "amount": 1e-7, "length": 3, "ready": True}
    base = decision(trace=Trace(facts=facts, offered=("b", "a"), risk="high"))
    again = Decision.model_validate_json(base.model_dump_json())
    assert action_digest(again) == action_digest(base)


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "edit"},
        {"decision": "approve", "option": "b"},
        {"decision": "respond"},
        {"decision": "shrug"},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationError):
        ApprovalAnswer(actor="ann", **fields)


def test_only_decisions_without_a_person_count_as_automatic():
    assert decision().automatic
    assert decision(status=DecisionStatus.DENIED, option=None).automatic
    assert not decision(source=Source.PERSON).automatic


def test_the_lattice_orders_verdicts_by_restriction():
    assert Verdict.ALLOW < Verdict.REQUIRE_APPROVAL < Verdict.DENY


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_a_digest_does_not_depend_on_the_order_of_keys(content):
    turned = dict(reversed(list(content.items())))
    assert digest_of(turned) == digest_of(content)


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


def test_the_id_of_a_decision_follows_from_what_it_decides():
    assert decision_id("a", "routing", "t", 1) == decision_id("a", "routing", "t", 1)
    assert decision_id("a", "routing", "t", 1) != decision_id("a", "routing", "t", 2)
    # A plain join of the parts would confuse these two.
    assert decision_id("a", "routing", "b:t", 1) != decision_id("a:b", "routing", "t", 1)
