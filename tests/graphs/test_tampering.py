"""What is stored for a decision that waits, altered behind the engine's back: never carried out."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import select, update

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, DecisionStatus, Source, TaskState
from signalbox.domain.errors import Conflict
from signalbox.domain.task import Task
from signalbox.ledger.tables import approvals, tasks
from tests.doubles import ScriptedConsultant
from tests.graphs.test_upgrading import FALLBACK, SOON, later

ODD = Task(id="t1", text="odd", requester="ann", attributes={"customer_tier": "standard"})


def by(actor, verb="approve", **more):
    return ApprovalAnswer(decision=verb, actor=actor, **more)


def go(opened, work, **settings):
    async def inside():
        async with opened(**settings) as engine:
            found = await engine.dispatcher.submit(ODD, 5.0)
            return await work(engine, found.approval)

    return asyncio.run(inside())


def altered(engine, **values):
    """Write over columns of the approval; a callable makes the new value of the draft."""
    with engine.ledger._database.write() as connection:
        if "draft" in values:
            draft = connection.scalar(select(approvals.c.draft))
            values["draft"](draft)
            values["draft"] = draft
        connection.execute(update(approvals).values(**values))


def set_to(*place, value):
    def change(draft):
        for name in place[:-1]:
            draft = draft[name]
        draft[place[-1]] = value

    return change


def refused(engine, decision):
    """That ``decision`` denies for the engine, with an event, and nothing is left behind."""
    assert (decision.status, decision.option) == (DecisionStatus.DENIED, None)
    assert (decision.source, decision.actor) == (Source.SYSTEM, "system:recheck")
    assert not decision.automatic
    (note,) = [note for note in decision.trace.guard_notes if note.part == "recheck"]
    assert note.verdict == "deny"
    assert note.reason in decision.reason
    assert engine.ledger.latest_decision("default", "t1") == decision
    (event,) = [one for one in engine.ledger.events(0, 99) if one.type == "approval.refused"]
    assert (event.subject, event.data["reason"]) == ("t1", decision.reason)
    assert engine.ledger.find_task("default", "t1")[1] is TaskState.CLOSED
    (stored,) = engine.ledger.approvals("default", state=None, limit=9)
    assert stored.state is ApprovalState.SETTLED


ROWS = {
    "option": {"draft": set_to("option", value="payroll")},
    "subject": {"draft": set_to("subject", value="t2")},
    "tenant": {"draft": set_to("tenant", value="other")},
    "epoch": {"draft": set_to("epoch", value=2)},
    "another decision": {"draft": set_to("id", value="dec_other")},
    "rules digest": {"draft": set_to("trace", "rules_digest", value="f" * 64)},
    "model": {"draft": set_to("trace", "model_version", value="other")},
    "prompt": {"draft": set_to("trace", "prompt_version", value="other")},
    "risk class": {"draft": set_to("trace", "risk", value="low")},
    "facts": {"draft": set_to("trace", "facts", "priority", value="low")},
    "offered": {"draft": set_to("trace", "offered", value=["network", "ceo"])},
    "standing": {"draft": set_to("trace", "standing", value="payroll")},
    "age": {"draft": set_to("decided_at", value="2050-01-01T00:00:00Z")},
    "digest": {"digest": "f" * 64},
    "people needed": {"needed": 1},
    "who asked": {"requester": "zoe"},
}


@pytest.mark.parametrize("values", ROWS.values(), ids=ROWS)
def test_an_altered_row_is_denied(opened, database, values):
    async def work(engine, asked):
        altered(engine, **values)
        digest = engine.ledger.find_approval("default", asked.id).digest
        for name in ("bob", "cleo"):
            try:
                decision = await engine.dispatcher.answer(
                    "default", asked.id, by(name, digest=digest)
                )
            except Conflict:
                # Where one was enough, now that the row says so.
                assert name == "cleo"
        decision = engine.ledger.latest_decision("default", "t1")
        refused(engine, decision)
        left = [row async for row in engine.dispatcher._journeys._saver.alist(None)]
        assert left == []

    go(opened, work, db=database, sensitive_options=("network",))


def test_an_altered_row_is_denied_also_when_its_time_runs_out(opened):
    async def work(engine, asked):
        altered(engine, draft=set_to("option", value="payroll"), expires_at=asked.created_at)
        await engine.dispatcher.expire()
        refused(engine, engine.ledger.latest_decision("default", "t1"))

    go(opened, work)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"network", b"payroll"),
        (b"standard", b"vip     "),
        (b"odd", b"old"),
        (b"option", b"noitpo"),
    ],
)
def test_an_altered_checkpoint_is_denied(opened, tmp_path, was, becomes):
    async def work(engine, asked):
        with sqlite3.connect(tmp_path / "desk-checkpoints.db") as connection:
            ((blob,),) = connection.execute("SELECT checkpoint FROM checkpoints").fetchall()
            assert was in blob
            changed = blob.replace(was, becomes)
            connection.execute("UPDATE checkpoints SET checkpoint = ?", (changed,))
        connection.close()
        refused(engine, await engine.dispatcher.answer("default", asked.id, by("bob")))

    go(opened, work)


def test_an_altered_task_is_not_carried_out(opened):
    async def work(engine, asked):
        with engine.ledger._database.write() as connection:
            connection.execute(update(tasks).values(requester="zoe"))
        with pytest.raises(Conflict):
            await engine.dispatcher.answer("default", asked.id, by("bob"))
        return engine.ledger.latest_decision("default", "t1")

    assert go(opened, work) is None


@pytest.mark.parametrize("sensitive", [(), ("network",)])
def test_an_answer_nobody_voted_for_is_denied_at_the_next_start(opened, database, sensitive):
    async def forge(engine, asked):
        answer = by("bob", digest=asked.digest).model_dump(mode="json")
        altered(engine, state="answered", answer=answer, answered_at=asked.created_at)

    async def look(engine, asked):
        decision = engine.ledger.latest_decision("default", "t1")
        refused(engine, decision)
        return decision.reason

    settings = {"db": database, "sensitive_options": sensitive}
    go(opened, forge, **settings)
    reason = go(opened, look, **settings)
    assert f"it takes {len(sensitive) + 1} people to approve and has 0" in reason


def test_an_altered_change_leaves_what_is_in_force(opened, tmp_path):
    rules = tmp_path / "fallback.yaml"
    rules.write_text(FALLBACK)

    async def work():
        async with opened(rules=rules) as engine:
            consultant = ScriptedConsultant("security", delay_s=2 * SOON)
            object.__setattr__(engine.parts, "consultant", consultant)
            await engine.dispatcher.submit(ODD, SOON)
            await later(engine)
            asked = (await engine.look_up("default", "t1")).approval
            altered(engine, draft=set_to("option", value="network"))
            await engine.dispatcher.answer("default", asked.id, by("bob"))
            return await engine.look_up("default", "t1")

    after = asyncio.run(work())
    assert (after.decision.epoch, after.decision.option) == (2, "payroll")
    assert after.decision.actor == "system:recheck"
    assert after.state is TaskState.ROUTED


def test_an_answer_does_not_fit_another_approval(opened):
    async def work(engine, asked):
        other = Task(id="t2", text="odd", requester="ann")
        second = (await engine.dispatcher.submit(other, 5.0)).approval
        with pytest.raises(Conflict, match="another action"):
            await engine.dispatcher.answer("default", second.id, by("bob", digest=asked.digest))
        first = await engine.dispatcher.answer("default", asked.id, by("bob", digest=asked.digest))
        with pytest.raises(Conflict, match="already answered"):
            await engine.dispatcher.answer("default", asked.id, by("bob", digest=asked.digest))
        return first, engine.ledger.decisions("default", limit=9, before=None, status=None)

    first, all_of_them = go(opened, work)
    assert all_of_them == [first]


def test_without_its_checkpoint_it_is_denied(opened, database):
    async def work(engine, asked):
        await engine.dispatcher.forget(asked.thread)
        refused(engine, await engine.dispatcher.answer("default", asked.id, by("bob")))

    go(opened, work, db=database)
