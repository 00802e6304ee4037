"""Decisions paused by one release and answered under the next."""

from __future__ import annotations

import asyncio

import pytest
from langgraph.graph import END

import signalbox.app
from graphs.spine import build_spine
from signalbox.app import open_signalbox
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb, Step
from signalbox.domain.errors import BadInput
from signalbox.domain.task import Task
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor
from tests.graphs.conftest import RULES

YES = ApprovalAnswer(decision=ApprovalVerb.EDIT, option="security", actor="ann")
NEWER = (
    RULES.replace("version: 1", "version: 2")
    + """
  - id: low-may-wait
    why: another guard of the next release
    owner: desk lead
    when: [{fact: priority, eq: low}]
    verdict: require_approval
"""
)


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres_database")


def engine(db, tmp_path, rules=RULES):
    path = tmp_path / f"desk-{hash(rules) & 0xFFFF:x}.yaml"
    path.write_text(rules)
    return open_signalbox(Settings(db=db, rules=path), ScriptedPredictor())


def variant(monkeypatch, change):
    """The next engine compiles a spine that ``change`` has rebuilt from the present one."""

    def build(parts, predict, saver):
        builder = build_spine(parts, predict, saver).builder
        change(builder)
        return builder.compile(checkpointer=saver)

    monkeypatch.setattr(signalbox.app, "build_spine", build)


def with_another_node(ran):
    def change(builder):
        async def stamp(state):
            ran.append(state["task"].id)
            return {}

        builder.add_node("stamp", stamp)
        builder.edges.discard((Step.APPROVE.value, Step.COMMIT.value))
        builder.add_edge(Step.APPROVE.value, "stamp")
        builder.add_edge("stamp", Step.COMMIT.value)

    return change


def renamed(builder):
    """The step that pauses is called otherwise."""
    builder.nodes["ask"] = builder.nodes.pop(Step.APPROVE.value)
    builder.edges.discard((Step.APPROVE.value, Step.COMMIT.value))
    builder.add_edge("ask", Step.COMMIT.value)
    for at, to in ((Step.AUTHORISE.value, Step.COMMIT.value), (Step.COMMIT.value, END)):
        branches = builder.branches[at]
        decide = next(iter(branches.values())).path
        branches.clear()

        def choose(state, decide=decide):
            went = decide.invoke(state)
            return "ask" if went == Step.APPROVE.value else went

        builder.add_conditional_edges(at, choose, ["ask", to])


async def paused(db, tmp_path, id="t-1"):
    async with engine(db, tmp_path) as one:
        answer = await one.dispatcher.decide(Task(id=id, text="nobody knows"))
        assert answer.approval is not None
        return answer.approval


def test_a_pause_is_resumed_under_other_rules_and_through_a_new_node(db, tmp_path, monkeypatch):
    async def run():
        approval = await paused(db, tmp_path)
        ran = []
        variant(monkeypatch, with_another_node(ran))
        async with engine(db, tmp_path, NEWER) as next_one:
            decision = await next_one.dispatcher.answer("default", approval.id, YES)
            assert (decision.option, decision.actor) == ("security", "ann")
            assert ran == ["t-1"], "the new node lay on its way"
            stored = next_one.ledger.find_decision("default", decision.id)
            assert stored.option == "security"

    asyncio.run(run())


def test_both_releases_at_once_share_what_is_paused(db, tmp_path, monkeypatch):
    async def run():
        ran = []
        async with engine(db, tmp_path) as old:
            first = (await old.dispatcher.decide(Task(id="t-1", text="nobody knows"))).approval
            variant(monkeypatch, with_another_node(ran))
            async with engine(db, tmp_path, NEWER) as new:
                second = (await new.dispatcher.decide(Task(id="t-2", text="no idea"))).approval
                crossed = await asyncio.gather(
                    new.dispatcher.answer("default", first.id, YES),
                    old.dispatcher.answer("default", second.id, YES),
                )
                assert [one.option for one in crossed] == ["security", "security"]
                assert ran == ["t-1"]

    asyncio.run(run())


def test_a_renamed_step_is_refused_at_the_start_and_nothing_is_lost(db, tmp_path, monkeypatch):
    async def run():
        variant(monkeypatch, renamed)
        async with engine(db, tmp_path) as old:
            approval = (await old.dispatcher.decide(Task(id="t-1", text="nobody knows"))).approval
            assert approval.step == "ask"
        monkeypatch.undo()
        with pytest.raises(BadInput, match=r"1 at 'ask'") as refused:
            async with engine(db, tmp_path):
                raise AssertionError("started")
        assert "start the version that paused them" in str(refused.value.hint)
        variant(monkeypatch, renamed)
        async with engine(db, tmp_path) as old:
            stored = old.ledger.find_approval("default", approval.id)
            assert stored.state is ApprovalState.WAITING and stored == approval
            decision = await old.dispatcher.answer("default", approval.id, YES)
            assert decision.option == "security"
        monkeypatch.undo()
        async with engine(db, tmp_path) as new:
            found = new.ledger.find_decision("default", decision.id)
            assert found.option == "security", "nothing waits there any more"

    asyncio.run(run())
