import asyncio
import sqlite3

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.base import utc_now
from signalbox.domain.enums import ApprovalState, DecisionStatus, Source, TaskState
from signalbox.domain.errors import BadInput, Conflict, NotFound, Unavailable
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from tests.doubles import ScriptedPredictor

UNSURE = Task(id="t1", text="odd", requester="ann")


def go(work):
    return asyncio.run(work)


def by(actor, verb, **more):
    return ApprovalAnswer(decision=verb, actor=actor, **more)


async def park(engine, task=UNSURE):
    return (await engine.dispatcher.submit(task, 5.0)).approval


@pytest.mark.parametrize(
    ("answer", "status", "team"),
    [
        (by("bob", "approve"), DecisionStatus.DECIDED, "network"),
        (by("bob", "edit", option="security"), DecisionStatus.DECIDED, "security"),
        (by("bob", "reject", message="spam"), DecisionStatus.REJECTED, None),
        (by("bob", "respond", message="call us"), DecisionStatus.RESPONDED, None),
    ],
)
def test_each_answer_is_carried_out_and_recorded(opened, answer, status, team):
    async def work():
        async with opened() as engine:
            parked = await park(engine)
            decision = await engine.dispatcher.answer("default", parked.id, answer)
            stored = engine.ledger.find_approval("default", parked.id)
            left = [row async for row in engine.dispatcher._journeys._saver.alist(None)]
            return decision, stored, left

    decision, stored, left = go(work())
    assert (decision.status, decision.option) == (status, team)
    assert decision.source is Source.PERSON
    assert decision.actor == "bob"
    assert decision.proposed == "network"
    assert stored.state is ApprovalState.SETTLED
    assert left == []


def test_the_second_answer_is_told_who_was_first_and_changes_nothing(opened):
    async def work():
        async with opened() as engine:
            parked = await park(engine)
            results = await asyncio.gather(
                engine.dispatcher.answer("default", parked.id, by("bob", "approve")),
                engine.dispatcher.answer(
                    "default", parked.id, by("cleo", "edit", option="security")
                ),
                return_exceptions=True,
            )
            return results, engine.ledger.latest_decision("default", "t1")

    results, decision = go(work())
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 1
    assert decision.actor in ("bob", "cleo")
    assert decision.actor in str(refused[0])


def test_nobody_approves_their_own_request(opened):
    async def work():
        async with opened() as engine:
            parked = await park(engine)
            with pytest.raises(Conflict):
                await engine.dispatcher.answer("default", parked.id, by("ann", "approve"))
            return engine.ledger.find_approval("default", parked.id).state

    assert go(work()) is ApprovalState.WAITING


def test_an_edit_to_what_was_not_offered_is_refused_and_nothing_is_recorded(opened):
    async def work():
        async with opened() as engine:
            parked = await park(engine)
            with pytest.raises(BadInput, match="was not offered"):
                await engine.dispatcher.answer(
                    "default", parked.id, by("bob", "edit", option="ceo")
                )
            return engine.ledger.find_approval("default", parked.id).state

    assert go(work()) is ApprovalState.WAITING


def test_an_unknown_approval_is_not_found(opened):
    async def work():
        async with opened() as engine:
            await engine.dispatcher.answer("default", "apr_x", by("bob", "approve"))

    with pytest.raises(NotFound):
        go(work())


def test_an_approval_can_be_answered_after_a_restart(opened):
    async def first():
        async with opened() as engine:
            return (await park(engine)).id

    async def second(approval_id):
        async with opened() as engine:
            return await engine.dispatcher.answer("default", approval_id, by("bob", "approve"))

    assert go(second(go(first()))).option == "network"


def test_an_answer_recorded_before_a_stop_is_carried_out_at_the_next_start(opened):
    async def first():
        async with opened() as engine:
            parked = await park(engine)
            engine.ledger.answer("default", parked.id, by("bob", "approve"), utc_now())

    async def second():
        async with opened() as engine:
            return engine.ledger.latest_decision("default", "t1")

    go(first())
    assert go(second()).actor == "bob"


def test_a_task_accepted_before_a_stop_is_decided_at_the_next_start(opened):
    async def first():
        async with opened() as engine:
            engine.ledger.accept(Task(id="left", text="payroll"))

    async def second():
        async with opened() as engine:
            return engine.ledger.latest_decision("default", "left")

    go(first())
    assert go(second()).option == "payroll"


def test_nobody_answering_in_time_denies(opened):
    async def work():
        async with opened(approval_hours=1e-9) as engine:
            parked = await park(engine)
            moved = await engine.dispatcher.expire()
            again = await engine.dispatcher.expire()
            with pytest.raises(Conflict):
                await engine.dispatcher.answer("default", parked.id, by("bob", "approve"))
            return moved, again, engine.ledger.latest_decision("default", "t1")

    moved, again, decision = go(work())
    assert (moved, again) == (1, 0)
    assert decision.status is DecisionStatus.DENIED
    assert decision.actor == "system:expiry"
    assert decision.source is Source.SYSTEM
    assert not decision.automatic


def test_what_ran_out_while_nothing_ran_is_denied_at_start_up(opened):
    async def first():
        async with opened(approval_hours=1e-9) as engine:
            await park(engine)

    async def second():
        async with opened() as engine:
            return engine.ledger.latest_decision("default", "t1")

    go(first())
    assert go(second()).status is DecisionStatus.DENIED


@pytest.mark.parametrize("again", [False, True], ids=["looked up", "posted again"])
def test_a_task_past_its_time_is_denied_by_a_look_at_it(opened, again):
    async def work():
        async with opened(approval_hours=1e-9) as engine:
            await park(engine)
            await park(engine, Task(id="other", text="odd"))
            if again:
                answer = await engine.dispatcher.submit(UNSURE, 5.0)
            else:
                answer = await engine.look_up("default", "t1")
            await engine.dispatcher.drain(5.0)
            return answer, engine.ledger.latest_decision("default", "other")

    answer, other = go(work())
    assert answer.decision.status is other.status is DecisionStatus.DENIED
    assert answer.approval is None
    assert answer.state is (None if again else TaskState.CLOSED)


def test_a_slow_model_means_a_provisional_answer_and_a_decision_later(opened):
    async def work():
        async with opened(ScriptedPredictor(delay_s=0.3), fallback_team="security") as engine:
            answer = await engine.dispatcher.submit(Task(id="slow", text="network"), 0.02)
            _, state = engine.ledger.find_task("default", "slow")
            await engine.dispatcher.drain(5.0)
            return answer, state, engine.ledger.latest_decision("default", "slow")

    answer, state, decision = go(work())
    assert answer.decision is None
    assert answer.provisional == "security"
    assert state is TaskState.RECEIVED
    assert decision.option == "network"


def test_posting_a_task_twice_keeps_the_first_decision(opened):
    async def work():
        predictor = ScriptedPredictor()
        async with opened(predictor) as engine:
            task = Task(id="t", text="network")
            first = await engine.dispatcher.submit(task, 5.0)
            predictor.options = ("payroll", "security")
            second = await engine.dispatcher.submit(task, 5.0)
            return first.decision, second.decision

    first, second = go(work())
    assert first == second


def test_a_decided_task_posted_again_keeps_its_decision_though_autonomy_has_fallen(opened):
    async def work():
        predictor = ScriptedPredictor()
        async with opened(predictor) as engine:
            task = Task(id="t", text="network")
            first = await engine.dispatcher.submit(task, 5.0)
            predictor.level = "suggest"
            second = await engine.dispatcher.submit(task, 5.0)
            left = [row async for row in engine.dispatcher._journeys._saver.alist(None)]
            return first.decision, second.decision, left

    first, second, left = go(work())
    assert first == second
    assert left == []


def test_posting_a_waiting_task_twice_makes_one_approval(opened):
    async def work():
        async with opened() as engine:
            first, second = await asyncio.gather(park(engine), park(engine))
            left = [row async for row in engine.dispatcher._journeys._saver.alist(None)]
            rows = engine.ledger.approvals("default", state=ApprovalState.WAITING, limit=10)
            decision = await engine.dispatcher.answer("default", first.id, by("bob", "approve"))
            return first, second, left, rows, decision

    first, second, left, rows, decision = go(work())
    assert first.id == second.id
    assert len(rows) == len(left) == 1
    assert decision.option == "network"


def test_the_same_id_with_other_content_is_a_conflict(opened):
    async def work():
        async with opened() as engine:
            await engine.dispatcher.submit(Task(id="t", text="network"), 5.0)
            await engine.dispatcher.submit(Task(id="t", text="payroll"), 5.0)

    with pytest.raises(Conflict):
        go(work())


def test_an_outcome_reaches_the_predictor_once(opened):
    async def work():
        predictor = ScriptedPredictor()
        async with opened(predictor) as engine:
            await engine.dispatcher.submit(Task(id="t", text="network"), 5.0)
            outcome = Outcome(subject="t", option="network")
            await engine.dispatcher.outcome(outcome)
            await engine.dispatcher.outcome(outcome)
            with pytest.raises(Conflict):
                await engine.dispatcher.outcome(Outcome(subject="t", option="payroll"))
            return predictor.fed

    fed = go(work())
    assert [(decision.option, outcome.option) for decision, outcome in fed] == [
        ("network", "network")
    ]


def test_a_rule_for_a_team_nobody_knows_is_told_with_the_teams_there_are(opened, rule_file, caplog):
    rule_file.write_text(rule_file.read_text().replace("force: network", "force: zzz"))

    async def work():
        async with opened():
            pass

    go(work())
    (told,) = [one for one in caplog.messages if "'zzz'" in one]
    assert told.endswith("none of the 3 options; known: network, payroll, security")


def test_a_submitter_is_not_kept_by_a_database_that_takes_nothing(opened, tmp_path):
    async def work():
        async with opened() as engine:
            other = sqlite3.connect(tmp_path / "desk.db")
            other.execute("BEGIN IMMEDIATE")
            try:
                async with asyncio.timeout(4):
                    with pytest.raises(Unavailable, match="did not take the task in time"):
                        await engine.dispatcher.submit(Task(id="t1", text="network"), 0.4)
            finally:
                other.rollback()
                other.close()
            again = await engine.dispatcher.submit(Task(id="t1", text="network"), 10.0)
            return again.decision.option, len(engine.ledger.decisions("default", limit=10))

    assert asyncio.run(work()) == ("network", 1)
