"""Which processes have died: those whose count has not gone up for a while on our own clock."""

from __future__ import annotations

from collections.abc import Mapping

BEAT_S = 1.0
# Long against a beat that is late on a loaded machine, short against the ten seconds in which
# somebody else is to have taken over.
DEAD_AFTER_S = 4.0


class Watch:
    """Remembers when each count was last seen to change."""

    def __init__(self, myself: str, dead_after_s: float = DEAD_AFTER_S) -> None:
        self._myself, self._dead_after_s = myself, dead_after_s
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at: float | None = None

    def look(self, counts: Mapping[str, int], now: float) -> dict[str, int]:
        """Those that have died, with the count they died at. ``now`` in monotonic seconds.

        Nobody is dead at first sight: a process that has just started knows nothing of the others.
        A look that comes late, since this process or the database stood still, starts afresh: the
        others may have stood still too.
        """
        late = self._looked_at is not None and now - self._looked_at > self._dead_after_s
        self._looked_at = now
        seen = {}
        for id, beats in counts.items():
            before = self._seen.get(id)
            still = before is not None and before[0] == beats and not late
            seen[id] = before if before is not None and still else (beats, now)
        self._seen = seen
        return {
            id: beats
            for id, (beats, since) in seen.items()
            if id != self._myself and now - since > self._dead_after_s
        }
