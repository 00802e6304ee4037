"""A language model's answer that comes after the caller has left."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, DecisionStatus, Source, TaskState
from signalbox.domain.errors import Conflict
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from tests.doubles import ScriptedConsultant

HARD = Task(id="t1", text="odd", requester="ann")
SOON, LATE = 0.4, 1.0
FALLBACK = """
name: fallback-desk
version: 1
kind: routing
bindings:
  fallback_team: optional
facts:
  confidence: {type: decimal, required: true, places: 4}
rules:
  - id: unsure-goes-to-triage
    why: triage sorts what nobody is sure of
    owner: desk lead
    when: [{fact: confidence, lt: 0.5}]
    fallback: payroll
"""


def by(actor, verb, **more):
    return ApprovalAnswer(decision=verb, actor=actor, **more)


def run(opened, consultant, work, deadline_s=SOON, **settings):
    """``work(engine, answer)`` with the first answer to a hard task posted to ``engine``."""

    async def go():
        async with opened(**settings) as engine:
            object.__setattr__(engine.parts, "consultant", consultant)
            answer = await engine.dispatcher.submit(HARD, deadline_s)
            while answer.decision is None and answer.approval is None:
                # A busy machine: the caller is gone, and deciding goes on.
                await asyncio.sleep(0.02)
                standing = await engine.dispatcher.standing(HARD)
                answer = replace(answer, decision=standing[0], approval=standing[1])
            return await work(engine, answer)

    return asyncio.run(go())


async def later(engine):
    """Everything that was still under way."""
    while engine.dispatcher._background:
        await asyncio.wait(set(engine.dispatcher._background))


def events(engine):
    return [event.type for event in engine.ledger.events(0, 100)]


@pytest.fixture
def fallback_rules(tmp_path):
    path: Path = tmp_path / "fallback.yaml"
    path.write_text(FALLBACK)
    return path


def test_an_answer_in_time_is_part_of_the_first_decision(opened):
    async def work(engine, answer):
        return answer

    answer = run(opened, ScriptedConsultant("security", certified=True), work, deadline_s=5.0)
    assert (answer.decision.option, answer.decision.epoch) == ("security", 1)
    assert answer.decision.trace.advice.option == "security"


def test_nobody_waits_past_the_deadline_and_the_note_says_so(opened):
    async def work(engine, answer):
        return answer

    answer = run(opened, ScriptedConsultant("security", delay_s=LATE), work)
    assert answer.approval.state is ApprovalState.WAITING
    assert "was not there in time" in answer.approval.draft.trace.consult
    assert answer.elapsed_ms < LATE * 1000


def test_a_late_certified_answer_supersedes_what_waits(opened):
    async def work(engine, answer):
        await later(engine)
        with pytest.raises(Conflict, match="superseded"):
            await engine.dispatcher.answer("default", answer.approval.id, by("bob", "approve"))
        first = engine.ledger.find_approval("default", answer.approval.id)
        found = await engine.look_up("default", "t1")
        return first, found, events(engine)

    first, found, told = run(
        opened, ScriptedConsultant("security", certified=True, delay_s=LATE), work
    )
    assert first.state is ApprovalState.SUPERSEDED
    assert (found.decision.option, found.decision.epoch) == ("security", 2)
    assert found.decision.source is Source.AGENT
    assert (found.approval, found.state) == (None, TaskState.ROUTED)
    assert told == ["approval.asked", "decision.committed", "decision.superseded"]


def test_a_late_uncertified_answer_is_shown_to_the_person_who_decides(opened):
    async def work(engine, answer):
        await later(engine)
        shown = engine.ledger.find_approval("default", answer.approval.id)
        decided = await engine.dispatcher.answer(
            "default", shown.id, by("bob", "approve", digest=shown.digest)
        )
        return answer.approval, shown, decided, events(engine)

    asked, shown, decided, told = run(opened, ScriptedConsultant("security", delay_s=LATE), work)
    assert shown.advice.option == "security"
    assert shown.advice.certified is False
    assert (shown.draft, shown.digest) == (asked.draft, asked.digest)
    assert (decided.option, decided.epoch) == ("network", 1)
    assert told == [
        "approval.asked",
        "approval.advised",
        "approval.answered",
        "decision.committed",
    ]


def test_a_person_who_was_first_counts(opened):
    async def work(engine, answer):
        decided = await engine.dispatcher.answer(
            "default", answer.approval.id, by("bob", "approve")
        )
        await later(engine)
        return decided, engine.ledger.latest_decision("default", "t1")

    decided, latest = run(
        opened, ScriptedConsultant("security", certified=True, delay_s=LATE), work
    )
    assert latest == decided
    assert latest.actor == "bob"


@pytest.mark.parametrize("head_start_s", [0.0, 0.005, 0.02])
def test_a_person_and_the_model_at_the_same_moment_decide_once(opened, head_start_s):
    async def work(engine, answer):
        await asyncio.sleep(LATE - SOON - head_start_s)
        mine, _ = await asyncio.gather(
            engine.dispatcher.answer("default", answer.approval.id, by("bob", "approve")),
            later(engine),
            return_exceptions=True,
        )
        return mine, engine.ledger.decisions("default", limit=9)

    mine, decisions = run(
        opened, ScriptedConsultant("security", certified=True, delay_s=LATE), work
    )
    assert len(decisions) == 1
    if isinstance(mine, Conflict):
        assert (decisions[0].epoch, decisions[0].option) == (2, "security")
    else:
        assert decisions[0] == mine


def test_a_late_certified_answer_replaces_what_a_fallback_rule_chose(opened, fallback_rules):
    async def work(engine, answer):
        await later(engine)
        return answer.decision, engine.ledger.latest_decision("default", "t1"), events(engine)

    first, latest, told = run(
        opened,
        ScriptedConsultant("security", certified=True, delay_s=LATE),
        work,
        rules=fallback_rules,
    )
    assert (first.option, first.source, first.epoch) == ("payroll", Source.FALLBACK, 1)
    assert (latest.option, latest.source, latest.epoch) == ("security", Source.AGENT, 2)
    assert latest.trace.standing == "payroll"
    assert told == ["decision.committed", "decision.committed", "decision.superseded"]


@pytest.mark.parametrize(
    ("answer", "team"), [(by("bob", "approve"), "security"), (by("bob", "reject"), "payroll")]
)
def test_an_uncertified_change_waits_and_a_refusal_leaves_what_is_in_force(
    opened, fallback_rules, answer, team
):
    async def work(engine, first):
        await later(engine)
        found = await engine.look_up("default", "t1")
        decided = await engine.dispatcher.answer("default", found.approval.id, answer)
        return found, decided, await engine.look_up("default", "t1")

    waiting, decided, after = run(
        opened, ScriptedConsultant("security", delay_s=LATE), work, rules=fallback_rules
    )
    assert (waiting.decision.option, waiting.state) == ("payroll", TaskState.ROUTED)
    assert (waiting.approval.draft.option, waiting.approval.epoch) == ("security", 2)
    assert (decided.status, decided.option) == (DecisionStatus.DECIDED, team)
    assert (after.decision.option, after.approval, after.state) == (team, None, TaskState.ROUTED)


def test_a_late_answer_that_agrees_changes_nothing(opened, fallback_rules):
    async def work(engine, answer):
        await later(engine)
        return engine.ledger.decisions("default", limit=9), events(engine)

    kept, told = run(
        opened,
        ScriptedConsultant("payroll", certified=True, delay_s=LATE),
        work,
        rules=fallback_rules,
    )
    assert [one.epoch for one in kept] == [1]
    assert told == ["decision.committed"]


def test_an_outcome_that_came_first_is_not_overruled(opened, fallback_rules):
    async def work(engine, answer):
        await engine.dispatcher.outcome(Outcome(subject="t1", option="payroll"))
        await later(engine)
        return engine.ledger.latest_decision("default", "t1")

    latest = run(
        opened,
        ScriptedConsultant("security", certified=True, delay_s=LATE),
        work,
        rules=fallback_rules,
    )
    assert (latest.epoch, latest.option) == (1, "payroll")


def test_a_late_failure_is_told_as_an_event(opened):
    consultant = ScriptedConsultant("security", delay_s=LATE)
    consultant.failure = "timeout"

    async def work(engine, answer):
        await later(engine)
        return [one for one in engine.ledger.events(0, 10) if one.type.startswith("consult.")]

    told = run(opened, consultant, work)
    assert [(one.type, one.data["failure"]) for one in told] == [("consult.failed", "timeout")]


def test_a_failure_in_time_is_recorded_in_the_decision(opened):
    consultant = ScriptedConsultant("security")
    consultant.failure = "rate_limited"

    async def work(engine, answer):
        return answer.approval.draft

    draft = run(opened, consultant, work, deadline_s=5.0)
    assert draft.trace.consult_failure == "rate_limited"
    assert draft.trace.cost_usd == 0.01
    assert draft.source is Source.MODEL


def test_a_stop_gives_up_an_answer_that_is_still_awaited(opened):
    async def work(engine, answer):
        await engine.dispatcher.drain(0.05)
        return len(engine.dispatcher._background), answer

    left, answer = run(opened, ScriptedConsultant("security", delay_s=60), work)
    assert left == 0
    assert answer.approval is not None


def test_what_leaves_for_the_model_is_redacted_bounded_and_closed(opened):
    consultant = ScriptedConsultant("security")
    task = Task(
        id="t2",
        text="odd mail from ann@example.org",
        attributes={"caller": "bob@example.org", "customer_tier": "vip"},
    )

    async def go():
        async with opened() as engine:
            object.__setattr__(engine.parts, "consultant", consultant)
            await engine.dispatcher.submit(task, 5.0)

    asyncio.run(go())
    (question,) = consultant.asked
    assert "example.org" not in question.model_dump_json()
    assert "payroll" not in question.offered  # forbidden for a VIP
    assert question.offered == tuple(one.option for one in question.ranked)
    assert question.evidence[0].id == "rule:never-payroll-for-vip"


def test_a_person_who_has_decided_meanwhile_is_not_overruled(opened):
    """The answer and its decision both come between the model's look and its commit."""
    consultant = ScriptedConsultant("security", certified=True, delay_s=LATE)

    async def work(engine, answer):
        travel = engine.dispatcher.travel

        async def slow(task, epoch, **more):
            await engine.dispatcher.answer("default", answer.approval.id, by("bob", "approve"))
            return await travel(task, epoch, **more)

        engine.dispatcher.travel = slow
        await later(engine)
        return engine.ledger.decisions("default", limit=9)

    (decision,) = run(opened, consultant, work)
    assert (decision.epoch, decision.actor) == (1, "bob")


def test_an_outcome_closes_the_change_that_waits(opened, fallback_rules):
    async def work(engine, answer):
        await later(engine)
        waiting = (await engine.look_up("default", "t1")).approval
        await engine.dispatcher.outcome(Outcome(subject="t1", option="payroll"))
        with pytest.raises(Conflict):
            await engine.dispatcher.answer("default", waiting.id, by("bob", "approve"))
        return await engine.look_up("default", "t1")

    found = run(opened, ScriptedConsultant("security", delay_s=LATE), work, rules=fallback_rules)
    assert (found.decision.option, found.approval, found.state) == (
        "payroll",
        None,
        TaskState.CLOSED,
    )


def test_what_a_certified_model_decided_is_given_its_own_reason(opened):
    async def work(engine, answer):
        return answer.decision

    decision = run(opened, ScriptedConsultant("security", certified=True), work, deadline_s=5.0)
    assert decision.reason == "certified for this model: at most 3.0% of such answers are wrong"


def test_no_tracing_service_hears_of_a_task(opened, monkeypatch):
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read(100))
        writer.close()

    async def go():
        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        for prefix in ("LANGSMITH", "LANGCHAIN"):
            monkeypatch.setenv(f"{prefix}_ENDPOINT", f"http://127.0.0.1:{port}")
            monkeypatch.setenv(f"{prefix}_API_KEY", "k")
            monkeypatch.setenv(f"{prefix}_TRACING", "true")
            monkeypatch.setenv(f"{prefix}_TRACING_V2", "true")
        async with server, opened() as engine:
            answer = await engine.dispatcher.submit(HARD, 5.0)
            await engine.dispatcher.answer("default", answer.approval.id, by("bob", "approve"))
            await asyncio.sleep(1.5)  # a tracer sends in the background

    asyncio.run(go())
    assert heard == []


def test_a_late_answer_never_reopens_what_an_outcome_has_closed(opened, fallback_rules):
    async def work(engine, answer):
        await engine.dispatcher.outcome(Outcome(subject="t1", option="payroll"))
        await later(engine)
        return answer, await engine.look_up("default", "t1"), events(engine)

    answer, found, told = run(
        opened,
        ScriptedConsultant("security", delay_s=LATE),
        work,
        rules=fallback_rules,
        fallback_team="payroll",
    )
    assert answer.decision.source is Source.FALLBACK
    assert (found.approval, found.decision.epoch) == (None, 1)
    assert told == ["decision.committed", "outcome.recorded"]
