"""Small random plans, half of them with something knocked out of place, and edits of them."""

from __future__ import annotations

from random import Random

from pydantic import ValidationError

from evals.benchmarks.generated_plans import Maker, assembled, generated_edit
from guardrails.soundness import EditDoesNotApply, applied
from signalbox.domain.plan_edit import Offered
from signalbox.domain.template import END, Flow, Gateway, GatewayKind, Template


def template(rng: Random, size: int = 6) -> Template:
    """A random template of about ``size`` activities: nested blocks, or a mesh of gateways."""
    while True:
        maker = Maker(rng, size, most_gateways=8)
        if rng.random() < 0.35:
            maker.mesh()
        else:
            maker.nested()
        if rng.random() < 0.5:
            for _ in range(rng.choice((1, 1, 2, 3))):
                _damage(rng, maker)
        try:
            if maker.steps:
                return _marked(rng, assembled(rng, maker))
        except ValidationError:
            continue


def _marked(rng: Random, plan: Template) -> Template:
    """Now and then with a step that is a copy of another, or skipped, as after earlier edits."""
    steps = list(plan.activities)
    for at, step in enumerate(steps):
        if rng.random() < 0.06 and at:
            steps[at] = step.model_copy(update={"copy_of": steps[at - 1].type_id})
        elif rng.random() < 0.04:
            steps[at] = step.model_copy(update={"skipped": True})
    return plan.model_copy(update={"activities": tuple(steps)})


def _damage(rng: Random, maker: Maker) -> None:
    flows, gateways = maker.flows, maker.gateways
    ends = [gateway.id for gateway in gateways]
    at, other = rng.randrange(len(flows)), rng.randrange(len(flows))
    flow = flows[at]
    what = rng.choice(
        ("kind", "aim", "extra", "unbounded", "swap", "goto", "goto", "drop", "bound")
    )
    if what == "kind" and gateways:
        number = rng.randrange(len(gateways))
        kind = next(kind for kind in GatewayKind if kind is not gateways[number].kind)
        gateways[number] = Gateway(id=gateways[number].id, kind=kind)
    elif what == "aim":
        _aim(maker, at, rng.choice([*maker.steps, *ends, END]))
    elif what == "extra" and gateways:
        bound = rng.choice((None, 1))
        flows.append(Flow(source=rng.choice(ends), target=rng.choice(ends), at_most=bound))
    elif what == "unbounded":
        flows[at] = Flow(source=flow.source, target=flow.target)
    elif what == "swap":
        target = flows[other].target
        _aim(maker, other, flow.target)
        _aim(maker, at, target)
    elif what == "goto":
        _goto(rng, maker, at, other)
    elif what == "bound" and flow.source in ends:
        flows[at] = flow.model_copy(update={"at_most": 1})
    elif what == "drop" and len(flows) > 2:
        del flows[at]


def _goto(rng: Random, maker: Maker, one: int, other: int) -> None:
    """A flow from the middle of one flow into the middle of another."""
    kind = rng.choice(tuple(GatewayKind))
    ids = []
    for at in (one, other):
        gateway = Gateway(id=f"g{len(maker.gateways)}", kind=kind)
        maker.gateways.append(gateway)
        maker.flows.append(Flow(source=gateway.id, target=maker.flows[at].target))
        _aim(maker, at, gateway.id)
        ids.append(gateway.id)
    maker.flows.append(Flow(source=ids[0], target=ids[1]))


def _aim(maker: Maker, at: int, target: str) -> None:
    maker.flows[at] = maker.flows[at].model_copy(update={"target": target})


def edits(rng: Random, plan: Template, offered: Offered) -> tuple:
    """One or two random edits that apply, where a few tries find some."""
    for _ in range(3):
        found = tuple(generated_edit(rng, plan, offered) for _ in range(rng.randint(1, 2)))
        try:
            applied(plan, found, offered)
        except EditDoesNotApply:
            continue
        break
    return found
