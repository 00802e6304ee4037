"""What was approved is looked at again, under the rules and options of the moment it happens."""

import asyncio

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import DecisionStatus, Source, Verdict
from signalbox.domain.task import Task
from tests.doubles import ScriptedPredictor
from tests.graphs.conftest import RULES

ODD = Task(id="t1", text="odd", requester="ann", attributes={"priority": "low", "channel": "web"})
GUARD = """
  - id: new-guard
    why: agreed this morning
    owner: desk lead
    when: [{fact: priority, eq: low}]
    verdict: VERDICT
"""
FORBID = RULES.replace(
    "guards:",
    """  - id: not-network
    why: network moved house
    owner: desk lead
    when: [{fact: priority, eq: low}]
    forbid: [network]
guards:""",
)
FORCE = FORBID.replace("forbid: [network]", "force: payroll")
HARMLESS = RULES.replace("an hour", "two hours")
AMOUNT = "\n  amount: {type: decimal, places: 2, required: true}"
MORE_FACTS = RULES.replace("\nrules:", f"{AMOUNT}\nrules:")
NOT_ASKED = FORBID.replace("priority, eq: low", "in_scope, absent: true").replace(
    "\nrules:", "\n  in_scope: {type: boolean}\nrules:"
)
IN_SCOPE = RULES.replace(
    "\nrules:", "\n  in_scope: {type: boolean, required: true}\nrules:"
) + GUARD.replace("priority, eq: low", "in_scope, eq: false").replace("VERDICT", "deny")


class Stray(ScriptedPredictor):
    """Says of every text that it is none of its own."""

    def predict(self, task, offered):
        return super().predict(task, offered).model_copy(update={"in_scope": False})


def by(actor, verb="approve", **more):
    return ApprovalAnswer(decision=verb, actor=actor, **more)


async def parked(opened, **settings):
    async with opened(**settings) as engine:
        return (await engine.dispatcher.submit(ODD, 5.0)).approval


ANSWERED = ["approval.asked", "approval.answered"]


def after(opened, rule_file, rules, answer=by("bob"), predictor=None, **settings):
    """(decision, types of events) when ``rules`` came between the draft and its answer."""

    async def go():
        asked = await parked(opened, **settings)
        rule_file.write_text(rules)
        async with opened(predictor, **settings) as engine:
            decision = await engine.dispatcher.answer("default", asked.id, answer)
            return decision, [event.type for event in engine.ledger.events(0, 99)]

    return asyncio.run(go())


def note(decision):
    (found,) = [one for one in decision.trace.guard_notes if one.part == "recheck"]
    return found


def denied(decision, events):
    assert (decision.status, decision.option) == (DecisionStatus.DENIED, None)
    assert (decision.source, decision.actor) == (Source.SYSTEM, "system:recheck")
    assert decision.reason.startswith("approved by bob but not done: ")
    assert note(decision).verdict == "deny"
    assert events == [*ANSWERED, "decision.committed", "approval.refused"]
    return decision.reason


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (FORBID, "'network' is no longer offered"),
        (FORCE, "'network' is no longer offered"),
        (RULES + GUARD.replace("VERDICT", "deny"), "a guard denies it: new-guard: agreed this"),
        (NOT_ASKED, "'network' is not among the options that are asked about now"),
        (MORE_FACTS, "the recorded facts do not suffice: amount"),
    ],
)
def test_rules_that_are_against_it_now_deny_and_say_so(opened, rule_file, rules, said):
    reason = denied(*after(opened, rule_file, rules))
    assert "the rules changed since the draft" in reason
    assert said in reason


@pytest.mark.parametrize("rules", [HARMLESS, RULES + GUARD.replace("VERDICT", "require_approval")])
def test_rules_that_only_ask_for_a_person_have_had_one(opened, rule_file, rules):
    decision, events = after(opened, rule_file, rules)
    assert (decision.status, decision.option) == (DecisionStatus.DECIDED, "network")
    assert note(decision).verdict == "allow"
    assert events == [*ANSWERED, "decision.committed"]


def test_an_edit_is_looked_at_by_what_it_names(opened, rule_file):
    edit = by("bob", "edit", option="security")
    decision, _ = after(opened, rule_file, FORBID, edit)
    assert (decision.status, decision.option) == (DecisionStatus.DECIDED, "security")
    assert (decision.source, decision.actor) == (Source.PERSON, "bob")


def test_an_edit_to_what_is_forbidden_now_is_denied(opened, rule_file):
    rules = FORBID.replace("forbid: [network]", "forbid: [security]")
    reason = denied(*after(opened, rule_file, rules, by("bob", "edit", option="security")))
    assert "'security' is no longer offered" in reason


@pytest.mark.parametrize("verb", ["reject", "respond"])
def test_a_refusal_needs_no_second_look(opened, rule_file, verb):
    decision, _ = after(opened, rule_file, FORBID, by("bob", verb, message="no"))
    assert decision.actor == "bob"
    assert decision.status in (DecisionStatus.REJECTED, DecisionStatus.RESPONDED)


def test_a_team_the_model_no_longer_knows_is_denied_though_the_rules_are_the_same(
    opened, rule_file
):
    smaller = ScriptedPredictor()
    smaller.options = ("payroll", "security")
    reason = denied(*after(opened, rule_file, RULES, predictor=smaller))
    assert reason == "approved by bob but not done: 'network' is no longer offered"


def test_what_was_answered_before_a_stop_is_looked_at_when_it_is_finished(
    opened, rule_file, database
):
    async def go():
        async with opened(db=database) as engine:
            asked = (await engine.dispatcher.submit(ODD, 5.0)).approval
            engine.ledger.answer("default", asked.id, by("bob"), engine.parts.clock())
        rule_file.write_text(FORBID)
        async with opened(db=database) as engine:
            decision = engine.ledger.latest_decision("default", "t1")
            return decision, [event.type for event in engine.ledger.events(0, 99)]

    denied(*asyncio.run(go()))


@pytest.mark.parametrize(("hours", "verdict"), [(24, "decided"), (0, "denied")])
def test_an_old_draft_is_looked_at_with_the_model_in_force(opened, rule_file, hours, verdict):
    rule_file.write_text(IN_SCOPE)
    decision, events = after(
        opened, rule_file, IN_SCOPE, predictor=Stray(), approval_fresh_hours=hours
    )
    assert decision.status == verdict
    if verdict == "denied":
        assert "a guard denies it: new-guard" in denied(decision, events)


def test_an_old_draft_of_a_model_that_is_gone_cannot_be_looked_at(opened, rule_file):
    class Silent(ScriptedPredictor):
        def predict(self, task, offered):
            return None

    reason = denied(*after(opened, rule_file, RULES, predictor=Silent(), approval_fresh_hours=0))
    assert "no model is ready to look at it again" in reason


def test_evaluators_that_disagree_deny(opened, rule_file):
    async def go():
        async with opened() as engine:
            asked = (await engine.dispatcher.submit(ODD, 5.0)).approval
            object.__setattr__(engine.parts, "rules", Disagreeing(engine.rules))
            decision = await engine.dispatcher.answer("default", asked.id, by("bob"))
            return decision, [event.type for event in engine.ledger.events(0, 99)]

    assert "the two rule evaluators disagree" in denied(*asyncio.run(go()))


class Disagreeing:
    """The rules in force, as if the second evaluator had found otherwise."""

    def __init__(self, rules):
        self._rules = rules

    def evaluate(self, facts, options):
        found = self._rules.evaluate(facts, options)
        return found._replace(disagreement=True, guard=Verdict.DENY)


def test_a_team_that_became_sensitive_in_the_meantime_takes_more_people(opened, rule_file):
    async def go():
        async with opened() as engine:
            asked = (await engine.dispatcher.submit(ODD, 5.0)).approval
            engine.ledger.answer("default", asked.id, by("bob"), engine.parts.clock())
        async with opened(sensitive_options=("network",)) as engine:
            decision = engine.ledger.latest_decision("default", "t1")
            return decision, [event.type for event in engine.ledger.events(0, 99)]

    assert "it takes 2 people to approve and has 1" in denied(*asyncio.run(go()))


def test_a_field_nobody_could_read_is_no_reason_while_the_rules_are_the_same(opened, rule_file):
    async def go(change):
        async with opened(db=f"sqlite:///{rule_file.parent / change}.db") as engine:
            odd = Task(id="t1", text="odd", requester="ann", attributes={"priority": "soonish"})
            asked = (await engine.dispatcher.submit(odd, 5.0)).approval
        rule_file.write_text(HARMLESS if change == "changed" else RULES)
        async with opened(db=f"sqlite:///{rule_file.parent / change}.db") as engine:
            return await engine.dispatcher.answer("default", asked.id, by("bob"))

    assert asyncio.run(go("same")).option == "network"
    assert "do not suffice: priority" in asyncio.run(go("changed")).reason


def test_a_guard_on_what_is_redacted_on_record_still_knows_it(opened, rule_file):
    """An edit to an option that is denied for this sender, whose name is kept as a placeholder."""
    guard = """
  - id: not-for-this-sender
    why: payroll takes nothing from outside
    owner: desk lead
    when: [{fact: channel, eq: ann@example.org}, {fact: option, eq: payroll}]
    verdict: deny
"""
    rules = RULES.replace("{type: string}", "{type: string}\n  option: {type: string}", 1) + guard
    rule_file.write_text(rules)
    task = Task(id="t1", text="odd", requester="ann", attributes={"channel": "ann@example.org"})

    async def go():
        async with opened() as engine:
            asked = (await engine.dispatcher.submit(task, 5.0)).approval
            edit = by("bob", "edit", option="payroll")
            return asked, await engine.dispatcher.answer("default", asked.id, edit)

    asked, decision = asyncio.run(go())
    assert asked.draft.option == "network"
    assert asked.draft.trace.facts["channel"] == "[EMAIL_1]"
    assert decision.status is DecisionStatus.DENIED
    assert "payroll takes nothing from outside" in decision.reason
