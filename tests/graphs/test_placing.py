"""Tasks go to people and machines: by the policy, within the rules, and with a reason."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from signalbox.app import open_signalbox
from signalbox.domain.assignment import AssignmentState
from signalbox.domain.autonomy import AutonomyChange, Switch
from signalbox.domain.base import utc_now
from signalbox.domain.enums import AutonomyLevel, Kind, Source
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.resource import Resource
from signalbox.domain.task import Task
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

pytestmark = pytest.mark.anyio
TEAM = "network"


def somebody(id, **more):
    return Resource(id=id, team=TEAM, **more)


async def register(engine, *resources):
    for one in resources:
        engine.ledger.resources.put(one)
    await engine.placing.registered("default", TEAM)


async def post(engine, id, skills="", **attributes):
    given = {"priority": "normal", **attributes} | ({"skills": skills} if skills else {})
    answer = await engine.submit(Task(id=id, text=TEAM, attributes=given), 5.0)
    return answer.assignment


async def settled(engine, id, wanted, tries=800):
    for _ in range(tries):
        found = engine.ledger.assignments.find("default", id)
        if wanted(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"not so: {found}")


async def test_without_resources_a_task_has_a_team_and_nobody(opened):
    async with opened() as engine:
        assert await post(engine, "t1") is None


async def test_a_task_goes_to_who_is_free_as_a_decision_with_its_reasons(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"), somebody("carl", capacity=2))
        first, second = await post(engine, "t1"), await post(engine, "t2")
        assert {first.resource, second.resource} == {"bea", "carl"}
        decision = engine.ledger.find_decision("default", first.decision_id)
        assert (decision.kind, decision.source) == (Kind.ASSIGNMENT, Source.POLICY)
        assert decision.automatic and decision.confidence is None
        assert {row["resource"] for row in decision.trace.considered} == {"bea", "carl"}
        assert "next best" in decision.reason and decision.trace.rules_digest
        notes = {note.part: note.verdict for note in decision.trace.guard_notes}
        assert notes["certificate"] == notes["verifier"] == "allow"


async def test_who_is_full_off_shift_or_unskilled_is_not_asked(opened):
    async with opened() as engine:
        await register(
            engine,
            somebody("away", away=True),
            somebody("full", load=1),
            somebody("plain"),
            somebody("skilled", skills={"cisco"}),
        )
        assert (await post(engine, "t1", skills="cisco")).resource == "skilled"
        assert (await post(engine, "t2", skills="bgp")).reason == (
            "nobody of 'network' has all of: bgp"
        )
        assert (await post(engine, "t3")).resource == "plain"
        waiting = await post(engine, "t4")
        assert waiting.state is AssignmentState.WAITING
        assert "has all they can hold" in waiting.reason


async def test_the_next_one_waiting_is_given_out_when_somebody_is_free(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"))
        assert (await post(engine, "t1")).resource == "bea"
        for id in ("t2", "t3"):
            assert (await post(engine, id)).resource is None
        await engine.placing.end("default", "t1", "bea")
        assert (await settled(engine, "t2", lambda one: one.resource)).resource == "bea"
        assert engine.ledger.assignments.find("default", "t3").resource is None


async def test_a_backlog_is_given_out_in_one_go(opened):
    async with opened() as engine:
        for n in range(12):
            await post(engine, f"t{n}")
        await register(engine, *(somebody(f"r{n}", capacity=3) for n in range(4)))
        for n in range(12):
            await settled(engine, f"t{n}", lambda one: one and one.resource)
        held = [one.resource for one in engine.ledger.assignments.open()]
        assert {held.count(name) for name in held} == {3}


async def test_the_urgent_go_first(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"))
        await post(engine, "t1")
        await post(engine, "slow", priority="low")
        await post(engine, "quick", priority="high")
        await engine.placing.end("default", "t1", "bea")
        await settled(engine, "quick", lambda one: one.resource)
        assert engine.ledger.assignments.find("default", "slow").resource is None


async def test_skills_are_asked_for_no_longer_after_a_while(opened):
    async with opened(assignment={"relax_skills_minutes": 0.01}) as engine:
        await register(engine, somebody("bea"))
        waiting = await post(engine, "t1", skills="cisco")
        assert waiting.resource is None or waiting.reason
        found = await settled(engine, "t1", lambda one: one.resource)
        decision = engine.ledger.find_decision("default", found.decision_id)
        assert decision.trace.facts["skills_relaxed"] is True
        assert decision.trace.facts["skills_missing"] == 1


async def test_a_critical_task_keeps_its_skills_and_a_person_may_say_otherwise(opened):
    async with opened(assignment={"relax_skills_minutes": 0.0}, rules=None) as engine:
        await register(engine, somebody("bea"))
        found = await post(engine, "t1", skills="cisco", priority="P3 planning")
        assert found.resource == "bea"
    async with opened(assignment={"relax_skills_minutes": 0.0}) as engine:
        await register(engine, somebody("carl", capacity=2))
        crew = engine.placing
        found = await settled(engine, "t1", lambda one: one)
        assert found.resource == "bea", "what is given out stays"
        waiting = await _routed(engine, "t2", priority="critical", skills="cisco")
        told = await settled(engine, "t2", lambda one: one.suggested)
        assert told.reason.startswith("a person has to say so") and told.suggested == "carl"
        given = await crew.assign("default", waiting, "carl", "ann", "the cisco people are ill")
        assert given.resource == "carl"
        decision = engine.ledger.find_decision("default", given.decision_id)
        assert (decision.source, decision.actor) == (Source.PERSON, "ann")
        assert decision.reason.startswith("ann chose so: the cisco people are ill")


async def _routed(engine, id, **attributes):
    """Past the guards of the routing rules, which ask a person about what is critical."""
    from signalbox.domain.decision import Decision, decision_id
    from signalbox.domain.enums import DecisionStatus

    task = Task(id=id, attributes={"priority": "normal", **attributes})
    decision = Decision(
        id=decision_id("default", "routing", id, 1),
        subject=id,
        epoch=1,
        status=DecisionStatus.DECIDED,
        option=TEAM,
        source=Source.RULE,
        decided_at=utc_now(),
    )
    engine.ledger.commit(task, decision)
    return id


async def test_nobody_carries_more_than_half_of_the_team(opened):
    async with opened() as engine:
        quick = [somebody(f"r{n}", capacity=1) for n in range(3)]
        await register(engine, somebody("big", capacity=50), *quick)
        for n in range(12):
            await post(engine, f"t{n}")
        held = engine.placing.boards.of("default").held
        assert held["big"] <= sum(held.values()) / 2 + 1
        waiting = [one for one in engine.ledger.assignments.open() if one.resource is None]
        assert waiting and all("more-than-half" in one.reason for one in waiting)


async def test_rules_of_ones_own_bar_somebody(opened, tmp_path):
    rules = tmp_path / "who.yaml"
    rules.write_text(
        """
name: who
version: 1
kind: assignment
facts:
  amount: {type: decimal, places: 2}
  option: {type: string}
guards:
  - id: not-to-the-trainee
    why: large amounts are not for trainees
    owner: desk lead
    when:
      - {fact: amount, ge: 1000}
      - {fact: option, eq: trainee}
    verdict: deny
"""
    )
    async with opened(assignment={"rules": rules}) as engine:
        await register(engine, somebody("trainee"))
        found = await post(engine, "t1", amount="5000")
        assert found.resource is None and "not-to-the-trainee" in found.reason
        assert (await post(engine, "t2", amount="50")).resource == "trainee"


async def test_a_pause_keeps_everything_waiting_and_a_resume_gives_it_out(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"))
        for id in ("t0", "t1"):
            await post(engine, id)
        await engine.autonomy.order(AutonomyChange(switch=Switch.PAUSED, actor="ops"))
        await engine.placing.end("default", "t0", "bea")
        told = await settled(engine, "t1", lambda one: "paused" in one.reason)
        assert (told.resource, told.reason) == (None, "autonomy is paused by ops")
        await engine.autonomy.order(AutonomyChange(switch=Switch.RUNNING, actor="ops"))
        assert (await settled(engine, "t1", lambda one: one.resource)).resource == "bea"


async def test_a_lower_level_leaves_the_choice_to_people(opened):
    settings = {"autonomy": {"assignment": AutonomyLevel.SUGGEST}}
    async with opened(**settings) as engine:
        await register(engine, somebody("bea"))
        found = await post(engine, "t1")
        assert (found.resource, found.suggested) == (None, "bea")
        assert "autonomy level is suggest" in found.reason


async def test_what_is_given_back_goes_to_somebody_else(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"), somebody("carl"))
        first = (await post(engine, "t1")).resource
        assert first
        other = ({"bea", "carl"} - {first}).pop()
        await engine.placing.give_back("default", "t1", first, "not mine")
        assert (await settled(engine, "t1", lambda one: one.resource)).resource == other
        await engine.placing.give_back("default", "t1", other, "nor mine")
        told = await settled(engine, "t1", lambda one: "left to ask" in one.reason)
        assert told.resource is None


async def test_slow_people_are_left_idle_while_it_pays_and_asked_in_the_end(opened):
    async with opened(assignment={"longest_hold_minutes": 0.02}) as engine:
        await register(engine, somebody("quick"), somebody("slow"))
        speeds = engine.placing.boards.speeds("default")
        for _ in range(50):
            speeds.add(TEAM, "quick", 0.1)
            speeds.add(TEAM, "slow", 30.0)
        speeds.refit()
        assert (await post(engine, "t1")).resource == "quick"
        kept = await post(engine, "t2")
        assert kept.resource is None
        assert kept.reason == "worth waiting for somebody faster than slow, free as they are"
        assert (await settled(engine, "t2", lambda one: one.resource)).resource == "slow"


async def test_speeds_are_learned_from_work_that_is_done(opened):
    async with opened() as engine:
        await register(engine, somebody("bea"))
        await post(engine, "t1")
        await engine.placing.end("default", "t1", "bea")
        speeds = engine.placing.boards.speeds("default")
        for _ in range(600):
            if speeds.tasks(TEAM, "bea"):
                break
            await asyncio.sleep(0.02)
        assert speeds.tasks(TEAM, "bea") == 1 and speeds.hours(TEAM, "bea") < 1.0


async def test_two_engines_on_one_ledger_give_each_task_out_once(database, rule_file):
    settings = Settings(db=database, rules=rule_file)
    first = open_signalbox(settings, ScriptedPredictor())
    second = open_signalbox(settings, ScriptedPredictor())
    async with first as one, second as other:
        await register(one, *(somebody(f"r{n}", capacity=4) for n in range(5)))
        await other.placing.look()
        await asyncio.gather(
            *(post(engine, f"{name}{n}") for n in range(15) for name, engine in
              (("a", one), ("b", other)))
        )  # fmt: skip
        held = []
        for _ in range(200):
            open_now = one.ledger.assignments.open()
            held = [found.resource for found in open_now if found.resource]
            if len(held) == 20:
                break
            await asyncio.sleep(0.05)
        assert (len(open_now), len(held)) == (30, 20), "20 places there are"
        for _ in range(3):
            await asyncio.gather(one.placing.look(), other.placing.look())
        held = [found.resource for found in one.ledger.assignments.open() if found.resource]
        assert {name: held.count(name) for name in held} == {f"r{n}": 4 for n in range(5)}


async def test_what_a_stop_left_waiting_is_given_out_after_the_start(opened):
    async with opened() as engine:
        await register(engine, somebody("bea", away=True))
        assert (await post(engine, "t1")).resource is None
        engine.ledger.resources.put(
            somebody("carl", updated_at=utc_now() + timedelta(milliseconds=1))
        )
    async with opened() as engine:
        assert (await settled(engine, "t1", lambda one: one.resource)).resource == "carl"


async def test_nobody_may_be_given_what_is_not_there(opened):
    async with opened() as engine:
        with pytest.raises(NotFound, match="no team that has resources"):
            await engine.placing.assign("default", "none", "bea", "ann")
        await register(engine, somebody("bea", capacity=1))
        await post(engine, "t1")
        with pytest.raises(Conflict, match="with 'bea' already"):
            await engine.placing.assign("default", "t1", "bea", "ann")
        await post(engine, "t2")
        with pytest.raises(NotFound, match="no resource 'zoe'"):
            await engine.placing.assign("default", "t2", "zoe", "ann")
        given = await engine.placing.assign("default", "t2", "bea", "ann")
        assert given.resource == "bea" and "has all it can hold" in given.reason
