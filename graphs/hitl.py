"""The human-in-the-loop format: what an interrupt asks, and what it is answered with."""

from __future__ import annotations

from typing import Any

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalVerb, DecisionStatus, Source
from signalbox.domain.errors import BadInput

EXPIRED_BY = "system:expiry"


def request(name: str, args: dict[str, object], description: str) -> dict[str, Any]:
    """The payload of ``interrupt()`` for one action."""
    return {
        "action_requests": [{"name": name, "args": args, "description": description}],
        "review_configs": [
            {"action_name": name, "allowed_decisions": [verb.value for verb in ApprovalVerb]}
        ],
    }


def response(answer: ApprovalAnswer, name: str, option_argument: str = "team") -> dict[str, Any]:
    """The resume value for an answer, with who gave it."""
    given: dict[str, Any] = {"type": answer.decision.value}
    if answer.decision is ApprovalVerb.EDIT:
        given["edited_action"] = {"name": name, "args": {option_argument: answer.option}}
    if answer.message:
        given["message"] = answer.message
    return {"decisions": [given], "actor": answer.actor}


def expiry(name: str) -> dict[str, Any]:
    """The resume value when nobody answered in time: a refusal."""
    del name
    return {
        "decisions": [{"type": ApprovalVerb.REJECT.value, "message": "nobody answered in time"}],
        "actor": EXPIRED_BY,
        "expired": True,
    }


def settle(
    draft: Decision, value: Any, offered: list[str], option_argument: str = "team"
) -> dict[str, Any]:
    """Fields of the final decision, from the draft and the resume value.

    Raises:
        BadInput: the answer is not of the format, or names an option that was not offered.
    """
    try:
        given = value["decisions"][0]
        verb = ApprovalVerb(given["type"])
        actor = str(value["actor"])
        expired = value.get("expired") is True
    except (KeyError, IndexError, TypeError, ValueError):
        raise BadInput(
            "the answer is not of the human-in-the-loop format",
            hint='send {"decisions": [{"type": "approve"}], "actor": "…"}',
        ) from None
    message = str(given.get("message", ""))
    fields: dict[str, Any] = {"actor": actor, "source": Source.SYSTEM if expired else Source.PERSON}
    if verb is ApprovalVerb.APPROVE:
        if draft.option is None:
            raise BadInput("there is no proposal to approve", hint="edit names a team instead")
        return fields | {"status": DecisionStatus.DECIDED, "reason": message or "approved"}
    if verb is ApprovalVerb.EDIT:
        option = str(given.get("edited_action", {}).get("args", {}).get(option_argument, ""))
        if option not in offered:
            raise BadInput(f"'{option}' was not offered", hint=f"one of: {', '.join(offered[:20])}")
        reason = message or "edited"
        return fields | {"status": DecisionStatus.DECIDED, "option": option, "reason": reason}
    standing = draft.trace.standing
    if standing is not None:
        # A change that is refused leaves what is in force; nothing is taken from anybody.
        reason = message or f"the change to '{draft.option}' was rejected"
        return fields | {"status": DecisionStatus.DECIDED, "option": standing, "reason": reason}
    if verb is ApprovalVerb.RESPOND:
        return fields | {"status": DecisionStatus.RESPONDED, "option": None, "reason": message}
    status = DecisionStatus.DENIED if expired else DecisionStatus.REJECTED
    return fields | {"status": status, "option": None, "reason": message or "rejected"}
