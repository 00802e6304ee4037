"""A workflow template: versioned activities, the flows between them and who may do what.

The flows form a workflow net (van der Aalst 1997): a case is a token that leaves ``start`` and
ends in ``end``. Whether it always can is for ``guardrails.soundness`` to say; here only what makes
a template readable at all is refused.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Any

from pydantic import Field, field_validator, model_validator

from signalbox.domain.base import Identifier, Name, Value

START = "start"
END = "end"
ARROW = "->"
MAX_ACTIVITIES = 1_000
MAX_GATEWAYS = 1_000
MAX_FLOWS = 4_000
MAX_ROUNDS = 1_000


class Mandatory(StrEnum):
    """Whether an activity may be left out.

    ``always``: in every completed case. ``in_branch``: in every case that takes the branch it
    stands in. In YAML and JSON ``true`` and ``false`` stand for ``always`` and ``no``.
    """

    NO = "no"
    IN_BRANCH = "in_branch"
    ALWAYS = "always"


class Activity(Value):
    """One step of a plan.

    ``role`` is the class of resources that may do it, ``resource`` the one that will. ``needs``
    are activities that must have run before it in every case. ``copy_of`` names the activity that
    a step put in by an edit is a copy of; ``skipped`` keeps a step in sight that no longer runs.
    """

    id: Identifier
    name: Name | None = None
    mandatory: Mandatory = Mandatory.NO
    role: Identifier | None = None
    resource: Identifier | None = None
    needs: tuple[Identifier, ...] = Field(default=(), max_length=100)
    copy_of: Identifier | None = None
    skipped: bool = False

    @field_validator("mandatory", mode="before")
    @classmethod
    def _from_bool(cls, given: Any) -> Any:
        if isinstance(given, bool):
            return Mandatory.ALWAYS if given else Mandatory.NO
        return given

    @property
    def type_id(self) -> str:
        """What is done here: the same for an activity and its copies."""
        return self.copy_of or self.id


class GatewayKind(StrEnum):
    """``exclusive`` takes one flow and goes on by one; ``parallel`` takes and goes on by all."""

    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"


class Gateway(Value):
    """Where flows split or join."""

    id: Identifier
    kind: GatewayKind


class Flow(Value):
    """From one activity or gateway to the next.

    ``at_most`` (times in one case) makes it a bounded flow, such as the way back of a loop. A case
    must be able to end without it, since some day it is used up.
    """

    source: Identifier
    target: Identifier
    at_most: int | None = Field(default=None, ge=1, le=MAX_ROUNDS)


class Template(Value):
    """A workflow definition. ``separate`` lists pairs of activities that need two people.

    A flow is written as an object, or several in a row as ``start -> check -> decide``.
    """

    name: Identifier
    version: int = Field(default=1, ge=1)
    activities: tuple[Activity, ...] = Field(min_length=1, max_length=MAX_ACTIVITIES)
    gateways: tuple[Gateway, ...] = Field(default=(), max_length=MAX_GATEWAYS)
    flows: tuple[Flow, ...] = Field(min_length=1, max_length=MAX_FLOWS)
    separate: tuple[tuple[Identifier, Identifier], ...] = Field(default=(), max_length=MAX_GATEWAYS)

    @field_validator("flows", mode="before")
    @classmethod
    def _chains(cls, given: Any) -> Any:
        if not isinstance(given, list | tuple):
            return given
        flows: list[Any] = []
        for item in given:
            flows += _hops(item) if isinstance(item, str) else [item]
        return flows

    @model_validator(mode="after")
    def _readable(self) -> Template:
        known = {START, END}
        for name in self.node_ids:
            if name in known:
                why = "is reserved" if name in (START, END) else "is used twice"
                raise ValueError(f"the id '{name}' {why}; give each step an id of its own")
            known.add(name)
        choices = {node.id for node in self.gateways if node.kind is GatewayKind.EXCLUSIVE}
        for flow in self.flows:
            for end in (flow.source, flow.target):
                if end not in known:
                    raise ValueError(f"a flow names '{end}', which is no activity or gateway")
            if flow.source == END or flow.target == START:
                raise ValueError(f"nothing may flow into '{START}' or out of '{END}'")
            if flow.at_most is not None and flow.source not in choices:
                raise ValueError(
                    f"only a flow out of an exclusive gateway may be bounded by at_most; "
                    f"'{flow.source}' is none"
                )
        for one, other in self.separate:
            if one == other:
                raise ValueError(f"'{one}' cannot be separated from itself; name two activities")
        return self

    @property
    def node_ids(self) -> tuple[str, ...]:
        """The ids of the activities and then of the gateways."""
        return (*(one.id for one in self.activities), *(one.id for one in self.gateways))


def _hops(chain: str) -> list[Flow]:
    names = [name.strip() for name in chain.split(ARROW)]
    if len(names) < 2 or not all(names):
        raise ValueError(f"'{chain[:100]}' is no flow; write it as 'one {ARROW} next'")
    return [Flow(source=one, target=other) for one, other in pairwise(names)]
