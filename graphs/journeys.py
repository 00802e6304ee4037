"""Runs of one spine: from the start, and on from a pause."""

from __future__ import annotations

import uuid
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command
from langsmith.run_helpers import tracing_context

from graphs.saver import LazySaver
from graphs.spine import Spine
from signalbox.domain.task import Task


class Journeys:
    """Every run has a thread of its own, under which its pause is kept."""

    def __init__(self, spine: Spine, saver: LazySaver) -> None:
        self._spine, self._saver = spine, saver

    async def begin(self, task: Task, epoch: int, **more: Any) -> tuple[str, Any]:
        """One run of the spine: (its thread, the state at its end or at its pause)."""
        thread = f"{task.tenant}:{task.id}:{uuid.uuid4().hex}"
        start: Any = {"task": task, "epoch": epoch, "timings": {}, **more}
        self._saver.start(thread)
        try:
            return thread, await self._run(start, thread)
        finally:
            self._saver.finish(thread)

    @property
    def steps(self) -> frozenset[str]:
        """The names of the steps of this graph."""
        return frozenset(self._spine.nodes)

    async def paused_at(self, thread: str) -> str:
        """The step at which a run is paused."""
        snapshot = await self._spine.aget_state({"configurable": {"thread_id": thread}})
        return snapshot.next[0]

    async def paused(self, thread: str) -> bool:
        """Whether the pause of a run is there. It is dropped once its decision is committed."""
        config: RunnableConfig = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
        return await self._saver.aget_tuple(config) is not None

    async def resume(self, thread: str, interrupt: str, value: object) -> Any:
        """The state at the end of a run that had paused.

        The pause stays until it is forgotten, so a run that fails can be resumed once more.
        """
        with self._saver.resuming(thread):
            return await self._run(Command(resume={interrupt: value}), thread)

    async def forget(self, thread: str) -> None:
        """Drop the pause of a run that is not to be resumed."""
        await self._saver.adelete_thread(thread)

    async def _run(self, start: Any, thread: str) -> Any:
        return await travel(self._spine, start, thread, durability="exit")


async def travel(spine: Spine, start: Any, thread: str, **more: Any) -> Any:
    """The state at the end of one run of ``spine``, without a tracing service: a variable in the
    environment would send it the whole state, texts and all, before anything is redacted."""
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    with tracing_context(enabled=False):
        return await spine.ainvoke(start, config, **more)
