"""Applying typed edits to a plan: exactly as written, or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from guardrails.soundness.finding import Code, Finding
from signalbox.domain.errors import BadInput
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
from signalbox.domain.template import END, START, Activity, Flow, Gateway, GatewayKind, Template


class EditDoesNotApply(BadInput):
    """An edit names what is not there or was not offered; ``finding`` says which and why."""

    code = "edit-does-not-apply"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message, hint=finding.fix)
        self.finding = finding


def applied(
    template: Template, edits: Iterable[PlanEdit], offered: Offered | None = None
) -> Template:
    """The plan after ``edits``, in their order. Raises EditDoesNotApply at the first that does not.

    Nothing is repaired: no near id is looked for and no other place is taken. Steps and gateways
    that an edit brings in are named after the activity (``call``, ``call:2``, ``call:fork``), so
    that the same edits always give the same plan.
    """
    draft = _Draft(template, offered or Offered())
    for edit in edits:
        draft.apply(edit)
    return draft.template()


class _Draft:
    def __init__(self, template: Template, offered: Offered) -> None:
        self._of = template
        self._offered = offered
        self._catalogue = {activity.id: activity for activity in offered.activities}
        self._steps = {activity.id: activity for activity in template.activities}
        self._gateways = {gateway.id: gateway for gateway in template.gateways}
        self._flows = list(template.flows)

    def template(self) -> Template:
        try:
            return Template(
                name=self._of.name,
                version=self._of.version,
                activities=tuple(self._steps.values()),
                gateways=tuple(self._gateways.values()),
                flows=tuple(self._flows),
                separate=self._of.separate,
            )
        except ValidationError as error:
            raise _refused(
                Code.TOO_LARGE, (), f"the edited plan is no template: {error.errors()[0]['msg']}"
            ) from error

    def apply(self, edit: PlanEdit) -> None:
        if isinstance(edit, Insert):
            step = self._brought(edit.activity)
            self._put(step.id, self._place(edit.after, edit.before))
        elif isinstance(edit, AddParallel):
            self._live(edit.beside)
            step = self._brought(edit.activity)
            self._around(edit.beside, edit.beside, ((edit.beside,), (step.id,)))
        elif isinstance(edit, Skip):
            self._change(edit.step, skipped=True)
        elif isinstance(edit, Replace):
            self._live(edit.step)
            new = self._brought(edit.activity)
            way_in, way_out = self._in(edit.step), self._out(edit.step)
            self._redirect(way_in, target=new.id)
            self._redirect(way_out, source=new.id)
            del self._steps[edit.step]
        elif isinstance(edit, Move):
            self._move(edit)
        elif isinstance(edit, Parallelise):
            self._parallelise(edit)
        elif isinstance(edit, Repeat):
            self._repeat(edit)
        else:
            self._reassign(edit)

    def _move(self, edit: Move) -> None:
        self._live(edit.step)
        if edit.step in (edit.after, edit.before):
            raise _refused(Code.DOES_NOT_APPLY, (edit.step,), f"'{edit.step}' stays where it is")
        way_out = self._out(edit.step)
        self._redirect(self._in(edit.step), target=self._flows[way_out].target)
        del self._flows[way_out]
        self._put(edit.step, self._place(edit.after, edit.before))

    def _parallelise(self, edit: Parallelise) -> None:
        first, second = edit.first, edit.second
        self._live(first)
        self._live(second)
        between = self._out(first)
        if self._flows[between].target != second:
            raise _refused(
                Code.DOES_NOT_APPLY,
                (first, second),
                f"'{second}' does not directly follow '{first}'",
                "name two steps in a row",
            )
        del self._flows[between]
        self._around(first, second, ((first,), (second,)))

    def _repeat(self, edit: Repeat) -> None:
        self._live(edit.step)
        self._in(edit.step), self._out(edit.step)
        redo = self._gateway(f"{edit.step}:redo", GatewayKind.EXCLUSIVE)
        again = self._gateway(f"{edit.step}:again", GatewayKind.EXCLUSIVE)
        self._put(redo, self._in(edit.step))
        self._put(again, self._out(edit.step))
        self._flows.append(Flow(source=again, target=redo, at_most=edit.at_most))

    def _reassign(self, edit: Reassign) -> None:
        for what, given, known in (
            ("role", edit.role, self._offered.roles),
            ("resource", edit.resource, self._offered.resources),
        ):
            if given is not None and given not in known:
                raise _refused(
                    Code.NOT_OFFERED,
                    (edit.step,),
                    f"the {what} '{given}' was not offered",
                    f"choose one of the {what}s that were",
                )
        changes = {"role": edit.role, "resource": edit.resource}
        self._change(edit.step, **{k: v for k, v in changes.items() if v is not None})

    def _around(self, first: str, last: str, branches: tuple[tuple[str], tuple[str]]) -> None:
        """A parallel block of ``branches`` where ``first`` to ``last`` stood."""
        way_in, way_out = self._in(first), self._out(last)
        fork = self._gateway(f"{branches[1][0]}:fork", GatewayKind.PARALLEL)
        join = self._gateway(f"{branches[1][0]}:join", GatewayKind.PARALLEL)
        self._redirect(way_in, target=fork)
        self._redirect(way_out, source=join)
        for (step,) in branches:
            self._flows.append(Flow(source=fork, target=step))
            self._flows.append(Flow(source=step, target=join))

    def _brought(self, activity: str) -> Activity:
        """A step for an activity of the catalogue, under an id that is still free."""
        if activity not in self._catalogue:
            raise _refused(
                Code.NOT_OFFERED,
                (activity,),
                f"the activity '{activity}' was not offered",
                "choose one of the activities that were",
            )
        of = self._catalogue[activity]
        step_id = self._free(activity)
        copy_of = of.type_id if of.type_id != step_id else None
        step = of.model_copy(update={"id": step_id, "copy_of": copy_of, "skipped": False})
        self._steps[step_id] = step
        return step

    def _gateway(self, wanted: str, kind: GatewayKind) -> str:
        gateway = Gateway(id=self._free(wanted), kind=kind)
        self._gateways[gateway.id] = gateway
        return gateway.id

    def _free(self, wanted: str) -> str:
        number, name = 1, wanted
        while name in self._steps or name in self._gateways or name in (START, END):
            number += 1
            name = f"{wanted}:{number}"
        if len(name) > 128:
            raise _refused(Code.TOO_LARGE, (wanted,), f"'{name[:40]}…' is too long for an id")
        return name

    def _change(self, step: str, **changes: object) -> None:
        self._steps[step] = self._live(step).model_copy(update=changes)

    def _live(self, step: str) -> Activity:
        found = self._steps.get(step)
        if found is None:
            raise _refused(
                Code.NOT_OFFERED,
                (step,),
                f"the plan has no step '{step}'",
                "name a step of the plan",
            )
        if found.skipped:
            raise _refused(Code.DOES_NOT_APPLY, (step,), f"the step '{step}' is skipped already")
        return found

    def _place(self, after: str | None, before: str | None) -> int:
        return self._out(after) if after is not None else self._in(before or "")

    def _in(self, node: str) -> int:
        return self._only([n for n, f in enumerate(self._flows) if f.target == node], node, "into")

    def _out(self, node: str) -> int:
        return self._only(
            [n for n, f in enumerate(self._flows) if f.source == node], node, "out of"
        )

    def _only(self, flows: list[int], node: str, way: str) -> int:
        if node not in self._steps and node not in self._gateways and node not in (START, END):
            raise _refused(
                Code.NOT_OFFERED, (node,), f"the plan has no step '{node}'", "name one that it has"
            )
        if len(flows) != 1:
            raise _refused(
                Code.DOES_NOT_APPLY,
                (node,),
                f"{len(flows)} flows lead {way} '{node}', so that the place is not clear",
                "name an activity as the place",
            )
        return flows[0]

    def _put(self, node: str, flow: int) -> None:
        """Let the flow lead to ``node`` and on to where it led; it keeps its rank and its bound."""
        target = self._flows[flow].target
        self._redirect(flow, target=node)
        self._flows.append(Flow(source=node, target=target))

    def _redirect(self, flow: int, **ends: str) -> None:
        self._flows[flow] = self._flows[flow].model_copy(update=ends)


def _refused(code: Code, ids: tuple[str, ...], message: str, fix: str = "") -> EditDoesNotApply:
    return EditDoesNotApply(Finding(code=code, ids=ids, message=message, fix=fix))
