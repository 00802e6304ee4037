"""The human-in-the-loop format: what an interrupt asks, and what it is answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.domain.approval import EXPIRED_BY, REFUSED_BY, ApprovalAnswer
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalVerb, DecisionStatus, Source
from signalbox.domain.errors import BadInput


def request(name: str, args: dict[str, object], description: str) -> dict[str, Any]:
    """The payload of ``interrupt()`` for one action.

    ``escalate`` is not among what a run can be resumed with: nothing comes of it yet.
    """
    allowed = [verb.value for verb in ApprovalVerb if verb.decides]
    return {
        "action_requests": [{"name": name, "args": args, "description": description}],
        "review_configs": [{"action_name": name, "allowed_decisions": allowed}],
    }


def response(
    answer: ApprovalAnswer, name: str, voters: Sequence[str] = (), option_argument: str = "team"
) -> dict[str, Any]:
    """The resume value for an answer, with who gave it: ``voters`` where it took several."""
    given: dict[str, Any] = {"type": answer.decision.value}
    if answer.decision is ApprovalVerb.EDIT:
        given["edited_action"] = {"name": name, "args": {option_argument: answer.option}}
    if answer.message:
        given["message"] = answer.message
    return {"decisions": [given], "actor": ", ".join(voters) or answer.by.signed}


def expiry(name: str) -> dict[str, Any]:
    """The resume value when nobody answered in time: a refusal."""
    del name
    return {
        "decisions": [{"type": ApprovalVerb.REJECT.value, "message": "nobody answered in time"}],
        "actor": EXPIRED_BY,
        "expired": True,
    }


def check_action(
    given: Mapping[str, Any],
    name: str,
    args: Mapping[str, object],
    *,
    edited: bool,
    option_argument: str = "team",
) -> None:
    """Nothing, where ``given`` (name, args) is the action asked about; its option where ``edited``
    may be another. BadInput where it is not: what else it says would silently not be done."""
    if given["name"] != name:
        raise BadInput(f"what was asked about is '{name}'", hint="name that action, or reject it")
    for argument, value in given["args"].items():
        free = value is None or (edited and argument == option_argument)
        if not free and args.get(argument) != value:
            raise BadInput(
                f"'{argument}' is another than what was asked about",
                hint=f"an edit may name another {option_argument}, and nothing else",
            )


def takes_effect(value: Mapping[str, Any]) -> bool:
    """Whether a resume value has an option take effect, as approve and edit do."""
    return value["decisions"][0]["type"] in (ApprovalVerb.APPROVE, ApprovalVerb.EDIT)


def refusal(standing: str | None, reason: str) -> dict[str, Any]:
    """Fields of a decision that the engine does not carry out though it was answered.

    ``standing`` is what is in force, if anything: a change that is refused leaves it.
    """
    status = DecisionStatus.DENIED if standing is None else DecisionStatus.DECIDED
    by = {"actor": REFUSED_BY, "source": Source.SYSTEM}
    return {"status": status, "option": standing, "reason": reason, **by}


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
    if not verb.decides:
        raise BadInput(
            f"'{verb.value}' decides nothing, so no run goes on with it",
            hint="POST it to /v1/approvals/{id}, which goes on waiting",
        )
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
