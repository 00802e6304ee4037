"""Plans by hand, as an author writes them."""

import re

from signalbox.domain.template import Template

GATEWAY = re.compile(r"[xp]\d+")


def plan(*flows, separate=(), **activities):
    """Gateways are told by their names: x1 exclusive, p1 parallel; all else is an activity."""
    chains = [flow.split(" -> ") if isinstance(flow, str) else [flow[0], flow[1]] for flow in flows]
    names = dict.fromkeys(name for chain in chains for name in chain)
    names = [name for name in names if name not in ("start", "end")]
    kinds = {"x": "exclusive", "p": "parallel"}
    return Template(
        name="plan",
        activities=[
            {"id": name, **activities.get(name, {})}
            for name in names
            if not GATEWAY.fullmatch(name)
        ],
        gateways=[
            {"id": name, "kind": kinds[name[0]]} for name in names if GATEWAY.fullmatch(name)
        ],
        flows=[
            flow
            if isinstance(flow, str)
            else {"source": flow[0], "target": flow[1], "at_most": flow[2]}
            for flow in flows
        ],
        separate=separate,
    )


def codes(soundness):
    return {finding.code.value for finding in soundness.findings}
