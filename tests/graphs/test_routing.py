import pytest

from graphs.readings import flag_of, priority_of, tier_of
from graphs.routing import Routing
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
        (" \u200b", "normal"),
        ("P0", "critical"),
        ("critical!", "critical"),
        ("Critical.", "critical"),
        ("critical/urgent", "critical"),
        ("P1/P2", "critical"),
        ("sev1", "critical"),
        ("#1", "critical"),
        ("blocker", "critical"),
        ("\uff23\uff32\uff29\uff34\uff29\uff23\uff21\uff2c", "critical"),
        ("critical\u200b", "critical"),
        ("1.0", "critical"),
        ("2.0", "high"),
        ("critical, high", "critical"),
        ("critical - normal hours", "critical"),
        ("1 of 4", "critical"),
        ("high, low", "high"),
    ],
)
def test_priorities_are_read_as_service_desks_write_them(written, word):
    assert priority_of(written) == word


def facts(predictor, *, spoken, text="network", option=None, **attributes):
    task = Task(id="t", text=text, attributes=attributes)
    kind = Routing(lambda: predictor)
    prediction = kind.predict(task, kind.options()) if spoken else None
    return kind.facts(task, screen(task), prediction, spoken=spoken, option=option)


def test_every_fact_supplied_is_one_a_rule_may_declare():
    given = facts(
        ScriptedPredictor(),
        spoken=True,
        option="network",
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


@pytest.mark.parametrize("name", ["amount", "Amount", " AMOUNT"])
def test_an_attribute_is_a_fact_however_its_name_is_cased(name):
    given = facts(ScriptedPredictor(), spoken=True, **{name: "12000", "Priority": "P1"})
    assert (given["amount"], given["priority"]) == (12000.0, "critical")


def test_of_two_spellings_of_one_name_neither_is_dropped():
    given = facts(ScriptedPredictor(), spoken=True, priority="low", Priority="critical")
    assert given["priority"] == "critical"
    twice = facts(ScriptedPredictor(), spoken=True, amount="5", AMOUNT="50000")
    assert twice["amount"] == "5 / 50000"


@pytest.mark.parametrize(
    ("written", "word"),
    [("VIP customer", "vip"), ("standard, VIP", "vip"), ("Standard", "standard"), ("gold", "gold")],
)
def test_tiers_are_read_as_people_write_them(written, word):
    assert tier_of(written) == word


@pytest.mark.parametrize(
    ("written", "flag"),
    [("Yes.", True), ("1.0", True), ("no", False), ("0", False), ("3 files", "3 files")],
)
def test_a_flag_is_yes_or_no_or_what_was_written(written, flag):
    assert flag_of(written) == flag


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("priority", "0"),
        ("priority", "major"),
        ("priority", "extreme"),
        ("priority", "x" * 500),
        ("priority", "!"),
        ("customer_tier", "gold"),
        ("has_attachment", "3 files"),
    ],
)
def test_what_nobody_can_read_asks_for_a_person(name, written):
    from rules import Verdict, load_rules

    rules = load_rules(ROUTING)
    given = facts(ScriptedPredictor(), spoken=True, **{name: written})
    assert rules.evaluate(given, ["network"]).guard is Verdict.REQUIRE_APPROVAL


def test_a_rule_file_that_leaves_out_the_words_still_asks_for_a_person(tmp_path):
    from rules import Verdict, load_rules

    path = tmp_path / "open.yaml"
    path.write_text("""
name: open
version: 1
kind: routing
facts:
  priority: {type: string, required: true}
guards:
  - id: critical-needs-a-person
    why: a wrong queue costs an hour
    owner: desk lead
    when: [{fact: priority, eq: critical}]
    verdict: require_approval
""")
    given = facts(ScriptedPredictor(), spoken=True, priority="major")
    assert load_rules(path).evaluate(given, ["network"]).guard is Verdict.REQUIRE_APPROVAL
