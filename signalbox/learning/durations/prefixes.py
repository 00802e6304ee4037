"""Running cases as rows of numbers: one row for each prefix of each case."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from signalbox.learning.durations.clock import DAY_S, days, wall_clock
from signalbox.learning.durations.codes import NONE, Codes
from signalbox.learning.durations.load import Load
from signalbox.learning.durations.recent import Recent
from signalbox.learning.logs.log import Event, EventLog, Trace

SHORTEST = 2
RECENT = 4
COUNTED = 30
FOLLOWED = 12
NAMES = (
    "length", "elapsed_d", "last_gap_d", "last_two_gaps_d", "longest_gap_d", "mean_gap_d",
    "same_in_a_row", "different", "hour", "weekday", "day_of_year", "moment_d",
    "resource", "resources", "handed_over", "processing_d", "processing_sum_d",
)  # fmt: skip


@dataclass(frozen=True)
class Prefixes:
    """``n`` prefixes: ``X`` (n, features) and, for each, its case and its length in events.

    ``case`` is the index of the trace in the log, ``last`` the activity of the last event of the
    prefix, ``moment`` its time in days since 1970, ``elapsed`` the days since the first event.
    """

    X: np.ndarray
    case: np.ndarray
    length: np.ndarray
    last: np.ndarray
    moment: np.ndarray
    elapsed: np.ndarray

    def __len__(self) -> int:
        return len(self.case)


@dataclass(frozen=True)
class Encoder:
    """Turns prefixes into rows; the codes are learned from finished cases.

    A row holds nothing that was not known when the last event of its prefix was recorded: it is
    the same for a log cut off at that moment (``EventLog.until``).
    """

    activities: Codes
    resources: Codes
    attributes: dict[str, Codes]
    counted: tuple[str, ...]

    @classmethod
    def fit(cls, log: EventLog) -> Encoder:
        """Codes by the days that remain after an event, out of the finished cases of ``log``."""
        rest = [
            (event, days(trace.ended) - days(event.time))
            for trace in log.traces
            for event in trace.events
        ]
        counts = Counter(event.activity for event, _ in rest)
        names = sorted({name for event, _ in rest for name in event.attributes})

        def by(name_of: Callable[[Event], str | None]) -> Codes:
            named = ((name_of(event), left) for event, left in rest)
            return Codes.fit((name, left) for name, left in named if name)

        return cls(
            activities=by(lambda event: event.activity),
            resources=by(lambda event: event.resource),
            attributes={name: by(lambda event, n=name: event.attributes.get(n)) for name in names},  # type: ignore[misc]
            counted=tuple(name for name, _ in counts.most_common(COUNTED)),
        )

    def to_json(self) -> dict[str, Any]:
        """What was learned, and what the columns of a row mean."""
        return {
            "activities": self.activities.to_json(),
            "resources": self.resources.to_json(),
            "attributes": {name: codes.to_json() for name, codes in self.attributes.items()},
            "counted": list(self.counted),
            "columns": list(self.names),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Encoder:
        """Undo ``to_json``; ValueError where its columns are not those of this version."""
        encoder = cls(
            Codes.from_json(told["activities"]),
            Codes.from_json(told["resources"]),
            {str(name): Codes.from_json(order) for name, order in told["attributes"].items()},
            tuple(str(name) for name in told["counted"]),
        )
        if list(encoder.names) != told["columns"]:
            raise ValueError("it was learned from other columns than this version makes")
        return encoder

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of a row mean."""
        recent = tuple(f"activity_{i}_back" for i in range(RECENT))
        counted = tuple(f"count:{name}" for name in self.counted)
        after = (*(f"lately_followed_by:{n}" for n in self.counted[:FOLLOWED]), "lately_log_gap")
        own = (*NAMES, *recent, "first_activity", *self.attributes, *counted)
        return (*own, *Load.names, *after)

    def rows(
        self, log: EventLog, around: EventLog | None = None, *, shortest: int = SHORTEST
    ) -> Prefixes:
        """Every prefix of ``shortest`` events or more of every trace, in the order of the log.

        ``around`` is all that was recorded in the process, ``log`` included; by default ``log``.
        """
        around = around or log
        found: list[list[float]] = []
        where: list[tuple[int, int, float, float]] = []
        last: list[str] = []
        for index, trace in enumerate(log.traces):
            began = days(trace.began)
            for length, row in enumerate(self._walk(trace), start=1):
                if length >= shortest:
                    moment = days(trace.events[length - 1].time)
                    found.append(row)
                    last.append(trace.events[length - 1].activity)
                    where.append((index, length, moment, moment - began))
        placed = np.array(where, dtype=float).reshape(-1, 4)
        moments = placed[:, 2]
        recent = Recent(around, self.counted[:FOLLOWED])
        shared = np.hstack([Load(around).before(moments), recent.before(last, moments)])
        X = np.array(found, dtype=float).reshape(len(found), len(self.names) - shared.shape[1])
        X = np.hstack([X, shared])
        whole = placed[:, :2].astype(int)
        names = np.array(last, dtype=object)
        return Prefixes(X, whole[:, 0], whole[:, 1], names, moments, placed[:, 3])

    def _walk(self, trace: Trace) -> Sequence[list[float]]:
        """One row for each event of ``trace``, from what was known once it was recorded."""
        rows = []
        counts: Counter[str] = Counter()
        recent: deque[str] = deque(maxlen=RECENT)
        helpers: set[str] = set()
        began = before = earlier = days(trace.began)
        longest = worked = 0.0
        in_a_row, last = 0, None
        for length, event in enumerate(trace.events, start=1):
            now = days(event.time)
            gap = now - before
            longest = max(longest, gap)
            in_a_row = in_a_row + 1 if last is not None and last.activity == event.activity else 1
            counts[event.activity] += 1
            recent.appendleft(event.activity)
            helpers.add(event.resource)
            work = NONE
            if event.start is not None:
                work = (event.time - event.start).total_seconds() / DAY_S
                worked += work
            hour, weekday = wall_clock(event.time)
            handed = float(last is not None and last.resource != event.resource)
            rows.append([
                length, now - began, gap, now - earlier, longest,
                (now - began) / max(length - 1, 1), in_a_row, len(counts), hour, weekday,
                event.time.timetuple().tm_yday, now, self.resources[event.resource or None],
                len(helpers), handed, work, worked,
                *(self.activities[recent[i] if i < length else None] for i in range(RECENT)),
                self.activities[trace.events[0].activity],
                *(codes[event.attributes.get(n) or None] for n, codes in self.attributes.items()),
                *(counts[name] for name in self.counted),
            ])  # fmt: skip
            earlier, before, last = before, now, event
        return rows
