"""Soundness by brute force, straight from the definitions: what the checker is compared with.

Nothing of the checker is used here: no folding, no bits, no theorem about free-choice nets.
Markings are counted tokens on the flows of the template as written. Fit for small plans only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

from signalbox.domain.template import END, START, Mandatory, Template

MOST_TOKENS = 3


class Net:
    def __init__(self, template: Template) -> None:
        self.template = template
        self.flows = template.flows
        self.steps = {step.id: step for step in template.activities}
        self.parallel = {g.id for g in template.gateways if g.kind.value == "parallel"}
        names = [START, END, *self.steps, *(g.id for g in template.gateways)]
        self.into: dict = {name: [] for name in names}
        self.out_of: dict = {name: [] for name in names}
        for number, flow in enumerate(self.flows):
            self.into[flow.target].append(number)
            self.out_of[flow.source].append(number)
        self.ends = set(self.into[END])
        self._known: dict = {}

    @property
    def first(self):
        return (self.out_of[START][0],)

    def firings(self, marking):
        """(marking after, node, flow that was chosen or None) of everything that can happen."""
        if marking not in self._known:
            self._known[marking] = list(self._firings(marking))
        return self._known[marking]

    def _firings(self, marking):
        for name in dict.fromkeys(self.flows[flow].target for flow in marking):
            ins, outs = self.into[name], self.out_of[name]
            if name in self.steps or name in self.parallel:
                if all(flow in marking for flow in ins):
                    yield self._moved(marking, ins, outs), name, None
            elif name != END:
                for one in ins:
                    if one in marking:
                        for other in outs:
                            yield self._moved(marking, [one], [other]), name, other

    @staticmethod
    def _moved(marking, taken, made):
        left = list(marking)
        for flow in taken:
            left.remove(flow)
        return tuple(sorted(left + made))

    def live(self, type_id):
        return [s for s in self.steps.values() if s.type_id == type_id and not s.skipped]


@lru_cache(maxsize=4)
def net_of(template: Template) -> Net:
    return Net(template)


def sound(template: Template) -> bool:
    """By definition: option to complete without bounded flows, proper completion, nothing dead."""
    net = net_of(template)
    if len(net.out_of[START]) != 1 or not net.ends:
        return False
    for name in net.steps:
        if len(net.into[name]) != 1 or len(net.out_of[name]) != 1:
            return False
    if any(not net.into[g.id] or not net.out_of[g.id] for g in template.gateways):
        return False
    if _has_unbounded_cycle(net):
        return False
    before: dict = {net.first: set()}
    queue = deque([net.first])
    marked: set[int] = set()
    while queue:
        marking = queue.popleft()
        marked.update(marking)
        if max(marking.count(flow) for flow in marking) > MOST_TOKENS:
            return False
        if net.ends & set(marking) and len(marking) != 1:
            return False
        for after, _, chosen in net.firings(marking):
            if after not in before:
                before[after] = set()
                queue.append(after)
            if chosen is None or net.flows[chosen].at_most is None:
                before[after].add(marking)
    if marked != set(range(len(net.flows))):
        return False
    finals = [m for m in before if len(m) == 1 and m[0] in net.ends]
    completing, stack = set(finals), list(finals)
    while stack:
        for marking in before[stack.pop()] - completing:
            completing.add(marking)
            stack.append(marking)
    return completing == set(before)


def _has_unbounded_cycle(net: Net) -> bool:
    def beyond(name):
        seen, stack = set(), [name]
        while stack:
            for flow in net.out_of[stack.pop()]:
                target = net.flows[flow].target
                if net.flows[flow].at_most is None and target not in seen:
                    seen.add(target)
                    stack.append(target)
        return seen

    return any(name in beyond(name) for name in net.into)


@dataclass
class Facts:
    """Of one type of activity in all runs of a sound plan."""

    avoidable: bool = False
    without: set = field(default_factory=set)  # choices that a complete run without it makes
    early: set = field(default_factory=set)  # steps that can begin before it has run
    twice: bool = False
    twice_straight: bool = False


def facts(template: Template, type_id: str) -> Facts:
    net = net_of(template)
    found = Facts()
    arcs = _counted_arcs(net, type_id, bounded=True)
    found.twice = any(count == 2 for _, count in arcs)
    found.twice_straight = any(c == 2 for _, c in _counted_arcs(net, type_id, bounded=False))
    completing = {s for s in arcs if s[1] == 0 and len(s[0]) == 1 and s[0][0] in net.ends}
    found.avoidable = bool(completing)
    grown = True
    while grown:
        onward = {s for s in arcs if s[1] == 0 and any(n in completing for n, _, _ in arcs[s])}
        grown = not onward <= completing
        completing |= onward
    for state, moves in arcs.items():
        for after, name, chosen in moves:
            if state[1] == 0 and name in net.steps and not net.steps[name].skipped:
                found.early.add(name)
            choice = chosen is not None and len(net.out_of[name]) > 1
            if choice and state in completing and after in completing:
                found.without.add((name, net.out_of[name].index(chosen)))
    return found


def _counted_arcs(net: Net, type_id: str, *, bounded: bool) -> dict:
    """Every (marking, how often the type has run: 0, 1 or 2 and more) with its moves."""
    arcs: dict = {}
    stack = [(net.first, 0)]
    while stack:
        marking, count = state = stack.pop()
        if state in arcs:
            continue
        arcs[state] = []
        for after, name, chosen in net.firings(marking):
            if chosen is not None and net.flows[chosen].at_most is not None and not bounded:
                continue
            step = net.steps.get(name)
            ran = step is not None and not step.skipped and step.type_id == type_id
            following = (after, min(count + ran, 2))
            arcs[state].append((following, name, chosen))
            stack.append(following)
    return arcs


def complete_runs(template: Template, types) -> set:
    """(choices made, types that ran) of every complete run; choices of gateways that split."""
    net = net_of(template)
    first = (net.first, frozenset(), frozenset())
    seen, stack, found = {first}, [first], set()
    while stack:
        marking, choices, ran = stack.pop()
        if len(marking) == 1 and marking[0] in net.ends:
            found.add((choices, ran))
        for after, name, chosen in net.firings(marking):
            step = net.steps.get(name)
            types_now, made = ran, choices
            if step is not None and not step.skipped and step.type_id in types:
                types_now = ran | {step.type_id}
            if chosen is not None and len(net.out_of[name]) > 1:
                made = choices | {(name, net.out_of[name].index(chosen))}
            state = (after, made, types_now)
            if state not in seen:
                seen.add(state)
                stack.append(state)
    return found


def harms(before: Template, after: Template, edits=()) -> set[tuple[str, ...]]:
    """What ``after`` breaks of its own statements, or of what ``before`` promised; both sound."""
    found: set[tuple[str, ...]] = set()
    old, new = net_of(before), net_of(after)
    were, are = _levels(before), _levels(after)
    names = {step.type_id for step in (*before.activities, *after.activities)}
    for name in sorted(names):
        now, then = facts(after, name), facts(before, name)
        own = are.get(name, set())
        if own and not new.live(name):
            found.add(("kept", name))
        if Mandatory.ALWAYS in own and now.avoidable:
            found.add(("kept", name))
        if own and now.twice_straight:
            found.add(("duplicated", name))
        mandatory = name in were
        duty = any(name in pair for pair in before.separate)
        if mandatory or duty:
            fewer = len(new.live(name)) < len(old.live(name))
            if fewer or _lost(then, now, before):
                found.add(("kept", name))
            again = any(
                edit.verb == "repeat" and old.steps.get(edit.step) in old.live(name)
                for edit in edits
            )
            if mandatory and again:
                found.add(("duplicated", name))
            more = len(new.live(name)) > len(old.live(name))
            if not fewer and mandatory and (more or (now.twice and not then.twice)):
                found.add(("duplicated", name))
            waited = {s.type_id for s in before.activities if not s.skipped} - {
                old.steps[s].type_id for s in then.early
            }
            for step in now.early:
                if new.steps[step].type_id in waited:
                    found.add(("order", step, name))
        for step in after.activities:
            if name in step.needs and step.id in now.early:
                found.add(("needs", step.id, name))
    for step in after.activities:
        for need in step.needs:
            if not step.skipped and not new.live(need):
                found.add(("needs", step.id, need))
    for pair in after.separate:
        found |= {("kept", duty) for duty in pair if not new.live(duty)}
        for one in new.live(pair[0]):
            for other in new.live(pair[1]):
                if not _apart(one, other):
                    found.add(("shared", one.id, other.id))
    return found


def _levels(template: Template) -> dict[str, set[Mandatory]]:
    found: dict[str, set[Mandatory]] = {}
    for step in template.activities:
        if step.mandatory is not Mandatory.NO:
            found.setdefault(step.type_id, set()).add(step.mandatory)
    return found


def _lost(then: Facts, now: Facts, before: Template) -> bool:
    if now.avoidable and not then.avoidable:
        return True
    net = net_of(before)
    choices = {
        (g.id, rank)
        for g in before.gateways
        if g.id not in net.parallel and len(net.out_of[g.id]) > 1
        for rank in range(len(net.out_of[g.id]))
    }
    return any(choice in now.without and choice not in then.without for choice in choices)


def _apart(one, other) -> bool:
    if one.resource and other.resource:
        return one.resource != other.resource
    return bool(one.role and other.role and one.role != other.role)


def states_after(template: Template, done) -> set:
    """All (marking, how often each bounded flow was taken) that ``done`` can have led to."""
    net = net_of(template)
    states = {(net.first, ())}
    for name in done:
        states = {
            (after, taken)
            for marking, taken in _silently(net, states)
            for after, node, _ in net.firings(marking)
            if node == name and not net.steps[name].skipped
        }
    return states


def _silently(net: Net, states: set) -> set:
    seen, stack = set(states), list(states)
    while stack:
        for state, node in bounded_firings(net, stack.pop()):
            silent = node not in net.steps or net.steps[node].skipped
            if silent and state not in seen:
                seen.add(state)
                stack.append(state)
    return seen


def bounded_firings(net: Net, state):
    marking, taken = state
    for after, node, chosen in net.firings(marking):
        counts = taken
        if chosen is not None and net.flows[chosen].at_most is not None:
            if taken.count(chosen) >= net.flows[chosen].at_most:
                continue
            counts = tuple(sorted((*taken, chosen)))
        yield (after, counts), node


def still_possible(template: Template, states: set) -> set[str]:
    net = net_of(template)
    seen, stack, found = set(states), list(states), set()
    while stack:
        for state, node in bounded_firings(net, stack.pop()):
            if node in net.steps and not net.steps[node].skipped:
                found.add(node)
            if state not in seen:
                seen.add(state)
                stack.append(state)
    return found


def completes_with_bounds(template: Template) -> bool:
    """Whether the game that counts every bounded flow can complete from wherever it gets to."""
    net = net_of(template)
    first = (net.first, ())
    before: dict = {first: set()}
    stack = [first]
    while stack:
        state = stack.pop()
        for after, _ in bounded_firings(net, state):
            if after not in before:
                before[after] = set()
                stack.append(after)
            before[after].add(state)
    good = {s for s in before if len(s[0]) == 1 and s[0][0] in net.ends}
    stack = list(good)
    while stack:
        for state in before[stack.pop()] - good:
            good.add(state)
            stack.append(state)
    return good == set(before)
