import pytest

from graphs.routing import Routing, priority_of
from guardrails import screen
from rules.kinds import ROUTING_FACTS
from rules.packs import FALLBACK, ROUTING
from signalbox.domain.task import Task
from tests.doubles import ScriptedPredictor


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("1 - Critical", "critical"),
        ("3 - Moderate", "normal"),
        ("P2", "high"),
        ("low", "low"),
        ("", "normal"),
        ("whatever", "normal"),
    ],
)
def test_priorities_are_read_as_service_desks_write_them(written, word):
    assert priority_of(written) == word


def facts(predictor, *, spoken, text="network", **attributes):
    task = Task(id="t", text=text, attributes=attributes)
    kind = Routing(lambda: predictor)
    prediction = kind.predict(task, kind.options()) if spoken else None
    return kind.facts(task, screen(task), prediction, spoken=spoken)


def test_every_fact_supplied_is_one_a_rule_may_declare():
    given = facts(
        ScriptedPredictor(),
        spoken=True,
        channel="mail",
        source="web",
        customer_tier="VIP",
        has_attachment="yes",
        amount="1,250.5",
        priority="2 - High",
    )
    assert set(given) == set(ROUTING_FACTS.by_name)
    assert given["amount"] == 1250.5
    assert given["has_attachment"] is True


def test_the_model_is_silent_before_it_has_spoken():
    given = facts(ScriptedPredictor(), spoken=False)
    assert "confidence" not in given
    assert "in_scope" not in given


def test_without_a_model_nobody_vouches():
    given = facts(None, spoken=True)
    assert given["model_ready"] is False
    assert (given["in_scope"], given["confidence"]) == (False, 0.0)


@pytest.mark.parametrize("path", [ROUTING, FALLBACK])
def test_the_shipped_packs_accept_the_facts_supplied(path):
    from rules import Verdict, load_rules

    rules = load_rules(path, bindings={"fallback_team": "desk"})
    verdict = rules.evaluate(facts(ScriptedPredictor(), spoken=True), ["network", "desk"])
    assert verdict.guard is Verdict.ALLOW
    assert not verdict.disagreement


@pytest.mark.parametrize(
    "written", ["abc", "EUR 12000", "1e999", "1e15", "12.000,50", "nan", "true"]
)
def test_an_amount_nobody_can_read_asks_for_a_person(written):
    from rules import Verdict, load_rules

    rules = load_rules(ROUTING)
    given = facts(ScriptedPredictor(), spoken=True, amount=written)
    assert rules.evaluate(given, ["network"]).guard is Verdict.REQUIRE_APPROVAL
