"""The spine as a development server runs it: its own checkpointer, plain JSON in, no effect."""

import asyncio
import json
import pickle
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from signalbox.domain.enums import Step
from signalbox.domain.errors import BadInput
from signalbox.settings import Settings
from signalbox.studio import routing_spine
from tests.doubles import ScriptedPredictor

CONFIG = {"configurable": {"thread_id": "1"}}
ODD = {"id": "t1", "text": "odd", "requester": "ann"}


@pytest.fixture
def spine(rule_file):
    def make(**settings):
        made = routing_spine(Settings(rules=rule_file, **settings), ScriptedPredictor())
        assert made.checkpointer is None, "the server brings its own"
        return made.copy({"checkpointer": InMemorySaver()})

    return make


def asked_and_answered(spine, task, *answers):
    async def go():
        state = await spine.ainvoke({"task": task}, CONFIG)
        for answer in answers:
            state = await spine.ainvoke(Command(resume=answer), CONFIG)
        return state

    return asyncio.run(go())


def test_it_is_the_same_line(spine):
    assert set(spine().nodes) - {"__start__"} == {step.value for step in Step}


def test_what_is_certain_is_decided(spine):
    state = asked_and_answered(spine(), {"text": "network is down"})
    assert state["decision"].option == "network"
    assert state["decision"].subject.startswith("studio-")


@pytest.mark.parametrize(
    ("answer", "status", "option", "actor"),
    [
        ({"decisions": [{"type": "approve"}], "actor": "bob"}, "decided", "network", "bob"),
        ({"decisions": [{"type": "approve"}]}, "decided", "network", "studio"),
        ({"decisions": [{"type": "reject"}]}, "rejected", None, "studio"),
    ],
)
def test_a_pause_is_answered_in_plain_json(spine, answer, status, option, actor):
    state = asked_and_answered(spine(), ODD)
    json.dumps(state["__interrupt__"][0].value)
    decision = asked_and_answered(spine(), ODD, answer)["decision"]
    assert (decision.status, decision.option, decision.actor) == (status, option, actor)


def test_what_takes_several_people_is_not_done_by_one_client(spine):
    yes = {"decisions": [{"type": "approve"}], "actor": "bob"}
    decision = asked_and_answered(spine(sensitive_options=("network",)), ODD, yes)["decision"]
    assert (decision.status, decision.option) == ("denied", None)
    assert "it takes 2 people to approve and has 1" in decision.reason


def test_a_client_does_not_say_itself_that_others_have_agreed(spine):
    bound = {"digest": "0", "needed": 1, "voters": [["bob"], ["cleo"]]}
    yes = {"decisions": [{"type": "approve"}], "actor": "bob", "bound": bound}
    decision = asked_and_answered(spine(sensitive_options=("network",)), ODD, yes)["decision"]
    assert decision.status == "denied"


@pytest.mark.parametrize(
    "answer", ["yes", {"decisions": []}, {"decisions": [{"type": "escalate"}]}]
)
def test_after_an_answer_that_is_none_it_asks_again_and_says_why(spine, answer):
    made = spine()
    (asked,) = asked_and_answered(made, ODD, answer)["__interrupt__"]
    (action,) = asked.value["action_requests"]
    assert action["name"] == "route_task"
    assert any(word in action["description"] for word in ("answer is no", "decides nothing"))
    yes = {"decisions": [{"type": "approve"}]}
    again = asyncio.run(made.ainvoke(Command(resume=yes), CONFIG))
    assert again["decision"].option == "network"


def test_what_a_run_ends_with_can_be_pickled_and_has_no_secret_in_it(spine):
    state = asked_and_answered(spine(), ODD | {"text": "odd, mail me at ann@example.org"})
    del state["__interrupt__"]
    kept = pickle.loads(pickle.dumps(state, 2))
    assert (kept["redactor"], kept["book"]) == ("Anew", "Rules")
    assert "ann@example.org" not in str(kept["screened"])


def test_without_a_task_it_says_so(spine):
    with pytest.raises(BadInput, match="no task"):
        asked_and_answered(spine(), None)


def test_the_description_names_the_graph():
    named = json.loads((Path(__file__).parents[2] / "langgraph.json").read_text())["graphs"]
    module, _, factory = named["routing"].partition(":")
    assert callable(getattr(__import__(module, fromlist=[factory]), factory))
