"""Task rows."""

from __future__ import annotations

from sqlalchemy import Connection, Row, bindparam, select, update

from signalbox.domain.enums import TaskState
from signalbox.domain.errors import Conflict
from signalbox.domain.task import Task
from signalbox.ledger.tables import tasks
from signalbox.ledger.upsert import insert_once

_FIND = select(tasks).where(
    tasks.c.tenant == bindparam("tenant"), tasks.c.id == bindparam("task_id")
)
_LOCK = _FIND.with_for_update()
_MOVE = (
    update(tasks)
    .where(tasks.c.tenant == bindparam("in_tenant"), tasks.c.id == bindparam("task_id"))
    .values(state=bindparam("to_state"))
)


def store(connection: Connection, task: Task, state: TaskState) -> tuple[Task, TaskState, bool]:
    """Insert ``task`` in ``state``, or find it; (stored, its state, whether it was new).

    The row stays locked until the transaction ends, so that whatever else is written about one
    task is written in turn. Raises Conflict when the id is stored with other content.
    """
    row = {
        "tenant": task.tenant,
        "id": task.id,
        "state": state.value,
        "content_digest": task.content_digest,
        "text": task.text,
        "attributes": task.attributes,
        "requester": task.requester,
        "received_at": task.received_at,
    }
    if insert_once(connection, tasks, row):
        return task, state, True
    found = connection.execute(_LOCK, {"tenant": task.tenant, "task_id": task.id}).one()
    if found.erased_at is not None:
        raise Conflict(
            f"task {task.id!r} was here, and its texts were erased on {found.erased_at:%F}",
            hint="send it under a new id if it is to be decided again",
        )
    if found.content_digest != row["content_digest"]:
        raise Conflict(
            f"task {task.id!r} is already stored with other content",
            hint="send it under a new id; a task is not changed once accepted",
        )
    return _task(found), TaskState(found.state), False


def check_belongs(task: Task, tenant: str, subject: str) -> None:
    """ValueError where what is written down under ``subject`` is not about ``task``."""
    if (task.tenant, task.id) != (tenant, subject):
        raise ValueError(f"{tenant}/{subject} is not about task {task.tenant}/{task.id}")


def move(connection: Connection, tenant: str, task_id: str, state: TaskState) -> None:
    """Set the state of a task that is there."""
    connection.execute(_MOVE, {"in_tenant": tenant, "task_id": task_id, "to_state": state.value})


def find(
    connection: Connection, tenant: str, task_id: str, *, lock: bool = False
) -> tuple[Task, TaskState] | None:
    """The task and its state; ``lock`` holds the row as ``store`` does."""
    statement = _LOCK if lock else _FIND
    row = connection.execute(statement, {"tenant": tenant, "task_id": task_id}).first()
    return None if row is None else (_task(row), TaskState(row.state))


def erased(connection: Connection, tenant: str, task_id: str) -> bool:
    """Whether the texts of a task are gone. It stays so until the transaction ends."""
    # Shared: an erasure waits for whoever is about to write something down about the task.
    query = (
        select(tasks.c.erased_at)
        .where(tasks.c.tenant == tenant, tasks.c.id == task_id)
        .with_for_update(read=True)
    )
    return connection.scalar(query) is not None


def undecided(connection: Connection, limit: int) -> list[Task]:
    """Every tenant's tasks that nothing has been decided about yet, oldest first."""
    # Written out, not bound: a partial index is used only where the planner can see the value.
    received = tasks.c.state == bindparam("s", TaskState.RECEIVED.value, literal_execute=True)
    rows = connection.execute(
        select(tasks).where(received).order_by(tasks.c.received_at, tasks.c.id).limit(limit)
    )
    return [_task(row) for row in rows]


def _task(row: Row[tuple[object, ...]]) -> Task:
    return Task(
        id=row.id,
        tenant=row.tenant,
        text=row.text,
        attributes=row.attributes,
        requester=row.requester,
        received_at=row.received_at,
    )
