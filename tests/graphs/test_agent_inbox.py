"""The older Agent Inbox format, there and back: what comes of an answer is the same."""

import pytest
from langgraph.prebuilt.interrupt import HumanInterrupt

from graphs import agent_inbox, hitl
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.errors import BadInput
from tests.ledger.make import a_decision

NAME, ARGS = "route_task", {"task_id": "T-1", "team": "cards"}
REQUEST = hitl.request(NAME, ARGS, "Send task T-1 to cards")


def test_what_is_asked_is_the_same_in_the_older_words():
    shown = agent_inbox.interrupt(REQUEST)
    assert set(shown) == set(HumanInterrupt.__annotations__)
    assert shown == {
        "action_request": {"action": NAME, "args": ARGS},
        "config": {
            "allow_ignore": True,
            "allow_respond": True,
            "allow_edit": True,
            "allow_accept": True,
        },
        "description": "Send task T-1 to cards",
    }


@pytest.mark.parametrize("verb", ["approve", "edit", "reject", "respond"])
def test_what_is_not_allowed_is_not_offered(verb):
    less = [one for one in REQUEST["review_configs"][0]["allowed_decisions"] if one != verb]
    configs = [{"action_name": NAME, "allowed_decisions": less}]
    config = agent_inbox.interrupt(REQUEST | {"review_configs": configs})["config"]
    word = {"approve": "accept", "edit": "edit", "reject": "ignore", "respond": "respond"}[verb]
    assert [name for name, allowed in config.items() if not allowed] == [f"allow_{word}"]


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"type": "accept", "args": None}, {"decision": "approve"}),
        ({"type": "ignore", "args": None}, {"decision": "reject"}),
        ({"type": "response", "args": "ask me later"}, {"decision": "respond"}),
        (
            {"type": "edit", "args": {"action": NAME, "args": {"team": "loans"}}},
            {"decision": "edit"},
        ),
    ],
)
def test_an_answer_comes_to_the_same_in_both(response, answer):
    more = {"respond": {"message": "ask me later"}, "edit": {"option": "loans"}}
    given = ApprovalAnswer(actor="ben", **answer, **more.get(answer["decision"], {}))
    current = hitl.response(given, NAME)
    assert agent_inbox.decision(response) == current["decisions"][0]
    draft, offered = a_decision(), ["cards", "loans"]
    older = {"decisions": [agent_inbox.decision(response)], "actor": "ben"}
    assert hitl.settle(draft, older, offered) == hitl.settle(draft, current, offered)


@pytest.mark.parametrize(
    ("action", "edited"),
    [
        ({"name": "delete_task", "args": ARGS}, True),
        ({"name": NAME, "args": {"task_id": "T-2", "team": "loans"}}, True),
        ({"name": NAME, "args": {"team": "loans", "also": "this"}}, True),
        ({"name": NAME, "args": {"team": "loans"}}, False),
    ],
)
def test_an_action_that_says_more_than_is_done_is_refused(action, edited):
    with pytest.raises(BadInput):
        hitl.check_action(action, NAME, ARGS, edited=edited)
    hitl.check_action({"name": NAME, "args": ARGS}, NAME, ARGS, edited=edited)
    hitl.check_action({"name": NAME, "args": ARGS | {"team": "loans"}}, NAME, ARGS, edited=True)
