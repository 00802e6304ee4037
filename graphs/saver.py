"""A checkpointer that costs nothing until a run is interrupted.

With ``durability="exit"`` LangGraph hands over one checkpoint when a run ends, whether or not it
will ever be resumed. This one holds it back in memory and writes it, with its pending writes,
only when an interrupt is among them. The automatic path never touches the disk.

A run that is resumed writes nothing at all: what it had got to when it failed, such as an effect
that may not be carried out now, could not be gone on from, and its pause can.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from signalbox.domain.errors import Unavailable
from signalbox.domain.trouble import Trouble

INTERRUPT = "__interrupt__"
PATIENCE_S = 3.0


@dataclass(slots=True)
class _Held:
    put: tuple[RunnableConfig, Checkpoint, CheckpointMetadata, ChannelVersions] | None = None
    writes: list[tuple[RunnableConfig, Sequence[tuple[str, Any]], str, str]] = field(
        default_factory=list
    )
    interrupted: bool = False
    written: bool = False


class LazySaver(BaseCheckpointSaver[Any]):
    """Wraps a real saver; reads of threads that were never paused do not reach it either."""

    def __init__(
        self,
        inner: BaseCheckpointSaver[Any],
        failures: tuple[type[Exception], ...] = (),
        fresh: Callable[[], BaseCheckpointSaver[Any]] | None = None,
        lasting: tuple[type[Exception], ...] = (),
    ) -> None:
        """``failures`` are what ``inner`` raises when its store is away: told as Unavailable.

        ``fresh`` makes another one on the same store, for a saver that does one thing at a time:
        whoever waits for a cut connection then keeps nobody else waiting. Of the failures those
        that are ``lasting`` do not go away by themselves.
        """
        super().__init__(serde=inner.serde)
        self.inner, self._fresh = inner, fresh or (lambda: inner)
        self._failures: tuple[type[Exception], ...] = (TimeoutError, *failures)
        self._lasting, self._trouble = lasting, Trouble()
        self._held: dict[str, _Held] = {}
        self._resuming: Counter[str] = Counter()

    def get_next_version(self, current: Any, channel: None) -> Any:
        return self.inner.get_next_version(current, channel)

    def check(self) -> None:
        """Raise Unavailable where a pause could not be kept a moment ago."""
        self._trouble.check()

    def start(self, thread: str) -> None:
        """Announce a thread that is new: nothing is read for it, and all is held back."""
        self._held[thread] = _Held()

    def finish(self, thread: str) -> None:
        """Forget what was held for a thread whose run has ended."""
        self._held.pop(thread, None)

    @contextmanager
    def resuming(self, thread: str) -> Iterator[None]:
        """Leave the pause of ``thread`` as it is, whatever becomes of the run that goes on."""
        self._resuming[thread] += 1
        try:
            yield
        finally:
            self._resuming[thread] -= 1
            if not self._resuming[thread]:
                del self._resuming[thread]

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if str(config["configurable"]["thread_id"]) in self._held:
            return None
        async with self._told():
            return await self._fresh().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread = str(config["configurable"]["thread_id"])
        held = self._held.get(thread)
        if held is not None:
            held.put = (config, checkpoint, metadata, new_versions)
            await self._flush(held)
        elif thread not in self._resuming:
            async with self._told():
                return await self._fresh().aput(config, checkpoint, metadata, new_versions)
        return {
            "configurable": {
                "thread_id": config["configurable"]["thread_id"],
                "checkpoint_ns": config["configurable"].get("checkpoint_ns", ""),
                "checkpoint_id": checkpoint["id"],
            }
        }

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        thread = str(config["configurable"]["thread_id"])
        held = self._held.get(thread)
        if held is None:
            if thread not in self._resuming:
                async with self._told():
                    await self._fresh().aput_writes(config, writes, task_id, task_path)
            return
        held.writes.append((config, writes, task_id, task_path))
        held.interrupted |= any(channel == INTERRUPT for channel, _ in writes)
        await self._flush(held)

    async def _flush(self, held: _Held) -> None:
        # The checkpoint and its writes may arrive in either order.
        if not held.interrupted:
            return
        if held.put is not None:
            put, held.put = held.put, None
            async with self._told():
                await self._fresh().aput(*put)
            held.written = True
        if not held.written:
            return
        writes, held.writes = held.writes, []
        for row in writes:
            async with self._told():
                await self._fresh().aput_writes(*row)

    async def adelete_thread(self, thread_id: str) -> None:
        async with self._told():
            await self._fresh().adelete_thread(thread_id)

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            # A connection that was cut in the middle may leave its user waiting for good.
            async with asyncio.timeout(PATIENCE_S):
                yield
        except self._failures as error:
            told = Unavailable(
                f"the store of paused decisions does not answer: {error or 'in time'}",
                hint="it lies with the database: see that it runs, is writable and has room",
            )
            if isinstance(error, self._lasting):
                self._trouble.note(told, lasting=True)
            raise told from error

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        async for row in self.inner.alist(config, filter=filter, before=before, limit=limit):
            yield row
