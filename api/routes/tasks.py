"""Tasks: post one or many, look one up, report what came of it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.idempotency import AGAIN, scoped
from api.problems import describe
from api.routes.common import Caller, Engine, Id, problems
from api.schemas import BatchIn, BatchOut, OutcomeIn, OutcomeOut, TaskIn, TaskOut
from api.views import task_out
from graphs.answer import Answer
from signalbox.app import Signalbox
from signalbox.domain.access import Principal
from signalbox.domain.errors import BadInput, Conflict, SignalboxError, TooLarge
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


def _task(
    engine: Signalbox, caller: Principal, body: TaskIn, made: str, where: tuple[str | int, ...] = ()
) -> Task:
    attributes = dict(body.attributes)
    if body.skills:
        name = engine.settings.assignment.skills_attribute or "skills"
        listed = [*body.skills, *([str(attributes[name])] if attributes.get(name) else [])]
        attributes[name] = ",".join(listed)
    try:
        return Task.model_validate(
            {
                "id": body.id or made,
                "tenant": caller.tenant,
                "text": body.text,
                "attributes": attributes,
                "requester": body.requester,
            }
        )
    except ValidationError as error:
        rows = [{**row, "loc": ("body", *where, *row["loc"])} for row in error.errors()]
        raise RequestValidationError(rows) from None


def _made(caller: Principal, request: Request, place: int | None = None) -> str:
    """An id for a task sent without one; ``place`` is where it stands in its batch.

    One that follows from the key makes a repeat safe even if its first answer got lost.
    """
    key = request.headers.get("idempotency-key")
    if not key:
        return f"tsk_{uuid.uuid4().hex}"
    whose = scoped(caller, key)
    name = whose if place is None else f"batch:{place}:{whose}"
    return f"tsk_{uuid.uuid5(uuid.NAMESPACE_URL, name).hex}"


async def _submit(engine: Signalbox, body: TaskIn, task: Task) -> Answer:
    deadline_ms = body.deadline_ms or engine.settings.deadline_ms
    return await engine.submit(task, deadline_ms / 1000)


@router.post(
    "", response_model=TaskOut, responses={202: {"model": TaskOut}, **problems(400, 409, 413, 415)}
)
async def post_task(
    engine: Engine, caller: Caller, body: TaskIn, request: Request, response: Response
) -> TaskOut:
    """Decide a task. 202 with a provisional team where it waits for a person or more time."""
    task = _task(engine, caller, body, _made(caller, request))
    out = task_out(await _submit(engine, body, task))
    if out.team is None and out.status in ("waiting", "pending"):
        response.status_code = 202
    response.headers["Location"] = f"/v1/tasks/{out.task_id}"
    return out


@router.post("/batch", response_model=BatchOut, responses=problems(400, 413, 415))
async def post_batch(engine: Engine, caller: Caller, body: BatchIn, request: Request) -> BatchOut:
    """Decide several tasks; each has its own answer or problem, in the order sent."""
    if len(body.tasks) > engine.settings.max_batch:
        raise TooLarge(
            f"{len(body.tasks)} tasks in one batch",
            hint=f"send at most {engine.settings.max_batch} at once",
        )
    tasks = [
        _task(engine, caller, one, _made(caller, request, place), ("tasks", place))
        for place, one in enumerate(body.tasks)
    ]
    seen: dict[str, int] = {}
    for place, task in enumerate(tasks):
        if task.id in seen:
            raise BadInput(
                f"id '{task.id}' stands twice in the batch: tasks.{seen[task.id]}.id and "
                f"tasks.{place}.id",
                hint="ids must differ; nothing of the batch was taken in",
            )
        seen[task.id] = place
    gate = asyncio.Semaphore(32)

    async def one(given: TaskIn, task: Task) -> TaskOut | dict[str, Any]:
        async with gate:
            try:
                return task_out(await _submit(engine, given, task))
            except SignalboxError as error:
                if error.status >= 500:
                    setattr(request.state, AGAIN, True)
                return describe(error) | {"task_id": task.id}

    work = (one(given, task) for given, task in zip(body.tasks, tasks, strict=True))
    return BatchOut(results=list(await asyncio.gather(*work)))


@router.get("/{task_id}", response_model=TaskOut, responses=problems(404))
async def get_task(engine: Engine, caller: Caller, task_id: Id) -> TaskOut:
    """Where a task stands."""
    answer = await engine.look_up(caller.tenant, task_id)
    return task_out(answer)


@router.post(
    "/{task_id}/outcome", response_model=OutcomeOut, responses=problems(400, 404, 409, 413, 415)
)
async def post_outcome(engine: Engine, caller: Caller, task_id: Id, body: OutcomeIn) -> OutcomeOut:
    """Report the team that turned out right; this is what the engine learns from."""
    answer = await engine.look_up(caller.tenant, task_id)
    if answer.decision is None:
        raise Conflict(
            f"task '{task_id}' has no decision yet",
            hint="answer its approval first, then report the outcome",
        )
    engine.check_reporter(answer.task, body.reporter)
    await engine.check_team(body.team, body.new_team, answer.decision)
    stored = await engine.outcome(
        Outcome(tenant=caller.tenant, subject=task_id, option=body.team, reporter=body.reporter)
    )
    decided = answer.decision.option
    return OutcomeOut(
        task_id=task_id,
        team=stored.option,
        decided_team=decided,
        correct=None if decided is None else decided == stored.option,
        recorded_at=stored.recorded_at,
    )
