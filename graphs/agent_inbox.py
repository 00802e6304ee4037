"""The older Agent Inbox format: what ``hitl`` asks and is answered, in the words of that one.

``HumanInterrupt`` = ``{action_request: {action, args}, config: {allow_…}, description}``;
``HumanResponse`` = ``{type: accept | edit | response | ignore, args}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.domain.enums import ApprovalVerb

VERBS = {
    "accept": ApprovalVerb.APPROVE,
    "edit": ApprovalVerb.EDIT,
    "response": ApprovalVerb.RESPOND,
    "ignore": ApprovalVerb.REJECT,
}
"""What each type of answer means here. Nothing is done about what is ignored."""


def interrupt(request: Mapping[str, Any]) -> dict[str, Any]:
    """The ``HumanInterrupt`` of a request of the present format for one action."""
    action = request["action_requests"][0]
    allowed = set(request["review_configs"][0]["allowed_decisions"])
    return {
        "action_request": {"action": action["name"], "args": dict(action["args"])},
        "config": {f"allow_{word}": _verb(word) in allowed for word in _ALLOWED},
        "description": action.get("description", ""),
    }


def decision(response: Mapping[str, Any]) -> dict[str, Any]:
    """The decision of the present format that a ``HumanResponse`` is."""
    verb, args = VERBS[response["type"]], response.get("args")
    given: dict[str, Any] = {"type": verb.value}
    if isinstance(args, Mapping):
        given["edited_action"] = {"name": args["action"], "args": dict(args["args"])}
    elif args:
        given["message"] = args
    return given


# Of permissions and answers one is spelt in two ways: allow_respond, and type "response".
_ALLOWED = {"ignore": "ignore", "respond": "response", "edit": "edit", "accept": "accept"}


def _verb(word: str) -> str:
    return VERBS[_ALLOWED[word]].value
