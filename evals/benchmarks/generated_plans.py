"""Random plans and edits to time the soundness check on, and to compare it with another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from guardrails.soundness import Code, check
from signalbox.domain.plan_edit import (
    AddParallel,
    Insert,
    Move,
    Offered,
    Parallelise,
    PlanEdit,
    Reassign,
    Repeat,
    Replace,
    Skip,
)
from signalbox.domain.template import (
    END,
    START,
    Activity,
    Flow,
    Gateway,
    GatewayKind,
    Mandatory,
    Template,
)

ROLES = ("clerk", "chief", "audit")
RESOURCES = ("ann", "bob")
_KINDS = tuple(GatewayKind)


class Maker:
    """Makes the activities, gateways and flows of one plan of about ``size`` activities."""

    def __init__(self, rng: Random, size: int, *, most_gateways: int | None = None) -> None:
        self._rng = rng
        self._left = size
        self._most_gateways = size if most_gateways is None else most_gateways
        self.steps: list[str] = []
        self.gateways: list[Gateway] = []
        self.flows: list[Flow] = []

    def nested(self) -> None:
        """Blocks within blocks, one after the other until the size is reached."""
        source = START
        while self._left > 0:
            source = self._join_of(source)
        self._flow(source, END)

    def mesh(self) -> None:
        """Gateways of one kind in a row, with flows across that no nesting explains."""
        kind = self._rng.choice(_KINDS)
        row = [self._gateway(kind) for _ in range(self._rng.randint(4, 6))]
        pairs = [(START, row[0]), *pairwise(row), (row[-1], END)]
        for _ in range(self._rng.randint(2, 5)):
            one, other = sorted(self._rng.sample(range(len(row)), 2))
            pairs.append((row[one], row[other]))
        for source, target in pairs:
            if self._left > 0 and self._rng.random() < 0.7:
                self._block(source, target)
            else:
                self._flow(source, target)
        if kind is GatewayKind.EXCLUSIVE and self._rng.random() < 0.4:
            one, other = sorted(self._rng.sample(range(len(row)), 2))
            self._flow(row[other], row[one], 1)

    def _join_of(self, source: str) -> str:
        """A block behind ``source``; the node that it ends with."""
        if self._left <= 1 or self._rng.random() < 0.3:
            return self._step(source)
        before = len(self.flows)
        self._block(source, END)
        last = next(n for n in range(before, len(self.flows)) if self.flows[n].target == END)
        return self.flows.pop(last).source

    def _block(self, source: str, target: str, at_most: int | None = None) -> None:
        """A random block between two nodes."""
        shape = self._rng.random()
        if self._left <= 1 or len(self.gateways) >= self._most_gateways or shape < 0.3:
            self._flow(self._step(source, at_most), target)
        elif shape < 0.55:
            self._block(self._step(source, at_most), target)
        elif shape < 0.9:
            self._split(source, target, at_most)
        else:
            self._loop(source, target, at_most)

    def _step(self, source: str, at_most: int | None = None) -> str:
        self._left -= 1
        name = f"s{len(self.steps)}"
        self.steps.append(name)
        self._flow(source, name, at_most)
        return name

    def _split(self, source: str, target: str, at_most: int | None) -> None:
        kind = self._rng.choice(_KINDS)
        fork, join = self._gateway(kind), self._gateway(kind)
        self._flow(source, fork, at_most)
        for number in range(self._rng.choice((2, 2, 3))):
            spare = number and kind is GatewayKind.EXCLUSIVE and self._rng.random() < 0.1
            bound = 1 if spare else None
            if number and self._left <= 0:
                self._flow(fork, join, bound)
            else:
                self._block(fork, join, bound)
        self._flow(join, target)

    def _loop(self, source: str, target: str, at_most: int | None) -> None:
        head, tail = (self._gateway(GatewayKind.EXCLUSIVE) for _ in range(2))
        self._flow(source, head, at_most)
        self._block(head, tail)
        bound = self._rng.randint(1, 2)
        if self._left > 0 and self._rng.random() < 0.5:
            self._block(tail, head, bound)
        else:
            self._flow(tail, head, bound)
        self._flow(tail, target)

    def _gateway(self, kind: GatewayKind) -> str:
        gateway = Gateway(id=f"g{len(self.gateways)}", kind=kind)
        self.gateways.append(gateway)
        return gateway.id

    def _flow(self, source: str, target: str, at_most: int | None = None) -> None:
        self.flows.append(Flow(source=source, target=target, at_most=at_most))


def generated_plan(
    rng: Random, size: int, *, most_gateways: int | None = None, mesh: bool = False
) -> Template:
    """A sound plan of about ``size`` activities, though its marks and duties may not be kept."""
    maker = Maker(rng, size, most_gateways=most_gateways)
    if mesh:
        maker.mesh()
    else:
        maker.nested()
    return assembled(rng, maker)


def assembled(rng: Random, maker: Maker) -> Template:
    """What was made, with random marks, roles, needs and duties."""
    steps = maker.steps or ["s0"]
    pair = rng.sample(steps, 2) if len(steps) > 1 and rng.random() < 0.5 else None
    return Template(
        name="generated",
        activities=tuple(_activity(rng, name, steps) for name in steps),
        gateways=tuple(maker.gateways),
        flows=tuple(maker.flows),
        separate=((pair[0], pair[1]),) if pair else (),
    )


def corrected(plan: Template) -> Template:
    """The plan with its marks, needs and duties changed to what it keeps, as an author would."""
    steps = {step.id: step for step in plan.activities}
    for finding in check(plan).findings:
        for name in finding.ids[: 2 if finding.code is Code.DUTIES_SHARED else 1]:
            changes: dict[str, Any] = {}
            if finding.code is Code.DUTIES_SHARED:
                changes = {"role": f"{name}-only", "resource": None}
            elif finding.code is Code.NEEDS:
                changes = {"needs": ()}
            elif finding.code is Code.MANDATORY_BYPASSED:
                changes = {"mandatory": Mandatory.IN_BRANCH}
            if changes:
                steps[name] = steps[name].model_copy(update=changes)
    return plan.model_copy(update={"activities": tuple(steps.values())})


def _activity(rng: Random, name: str, names: list[str]) -> Activity:
    others = [other for other in names if other != name]
    return Activity(
        id=name,
        mandatory=rng.choice((Mandatory.NO, *Mandatory)),
        role=rng.choice((*ROLES, None)),
        resource=rng.choice((*RESOURCES, None, None)),
        needs=(rng.choice(others),) if others and rng.random() < 0.12 else (),
    )


def generated_offer(rng: Random, plan: Template) -> Offered:
    """Two steps of the plan to copy, two new activities, some roles and resources."""
    known = rng.sample(plan.activities, min(2, len(plan.activities)))
    mark = rng.choice((Mandatory.NO, Mandatory.NO, Mandatory.IN_BRANCH))
    new = (Activity(id="call", role="clerk"), Activity(id="note", mandatory=mark))
    return Offered(activities=(*known, *new), roles=ROLES, resources=RESOURCES)


def generated_edit(rng: Random, plan: Template, offered: Offered) -> PlanEdit:
    """Any edit; a few name what is not there or was not offered."""
    ids = [step.id for step in plan.activities]
    step, other = rng.choice(ids), rng.choice((rng.choice(ids), rng.choice(ids), START, END))
    activity = "elsewhere" if rng.random() < 0.03 else rng.choice(offered.activities).id
    after, before = (other, None) if rng.random() < 0.5 else (None, other)
    known = set(ids)
    rows = [(f.source, f.target) for f in plan.flows if {f.source, f.target} <= known]
    first, second = rng.choice(rows or [(step, step)])
    makers: tuple[Callable[[], PlanEdit], ...] = (
        lambda: Insert(activity=activity, after=after, before=before),
        lambda: AddParallel(activity=activity, beside=step),
        lambda: Skip(step=step),
        lambda: Replace(step=step, activity=activity),
        lambda: Move(step=step, after=after, before=before),
        lambda: Parallelise(first=first, second=second),
        lambda: Repeat(step=step),
        lambda: Reassign(step=step, role=rng.choice(ROLES)),
        lambda: Reassign(step=step, resource=rng.choice((*RESOURCES, "eve"))),
    )
    return rng.choice(makers)()
