"""The steps of a log as a DuckDB table: what every count of this room is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self

import duckdb
import numpy as np

from signalbox.learning.logs.log import EventLog

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_PER_HOUR = 3.6e9
_STEPS = f"""
create table steps as
with finished as (select "case" as of_case, done as last_done from events)
select
    "case", position, activity, resource, done, begun,
    lag(activity) over following as previous,
    lag(resource) over following as giver,
    (done - lag(done) over following) / {_PER_HOUR} as elapsed,
    -- greatest() passes over null: what begins a case waits for nothing that is known.
    case when position > 0 and begun is not null
        then greatest(begun - lag(done) over following, 0) / {_PER_HOUR} end as waiting,
    -- What takes no time would find itself there.
    (begun - case when begun = done then lag(done) over following else last_done end)
        / {_PER_HOUR} as idle,
    (done - begun) / {_PER_HOUR} as processing
from events asof left join finished on "case" = of_case and begun >= last_done
window following as (partition by "case" order by position)
"""


class Steps:
    """One row an event, in a DuckDB table ``steps``; a context manager that closes it.

    Columns: ``case`` (number of the case in order of its start), ``position`` in it from 0,
    ``activity`` and ``resource`` (codes into ``activities`` and ``resources``; an unknown resource
    is null), ``done`` and ``begun`` (microseconds since 1970; null where unknown). ``previous``
    and ``giver`` are activity and resource of the event before in the same case. In hours:
    ``elapsed`` between the two completions; ``waiting`` from the completion before to the begin (0
    where the two overlap); ``idle`` from whatever of the case was finished last at its begin;
    ``processing``. Codes follow the names in alphabetical order.

    ``cost`` is the column that counts as time lost: waiting where the log has starts, else elapsed.
    """

    def __init__(self, log: EventLog) -> None:
        events = [event for trace in log.traces for event in trace.events]
        self.cases = tuple(trace.case for trace in log.traces)
        self.activities = tuple(log.activities)
        self.resources = tuple(sorted({event.resource for event in events} - {""}))
        self.has_starts = log.has_starts
        self.cost = "waiting" if self.has_starts else "elapsed"
        acting = {name: code for code, name in enumerate(self.activities)}
        who = {name: float(code) for code, name in enumerate(self.resources)}
        lengths = np.array([len(trace) for trace in log.traces])
        ends = np.cumsum(lengths)
        columns = {
            "case": np.repeat(np.arange(len(lengths)), lengths),
            "position": np.arange(ends[-1]) - np.repeat(ends - lengths, lengths),
            "activity": np.array([acting[event.activity] for event in events]),
            # NaN is read as null.
            "resource": np.array([who.get(event.resource, np.nan) for event in events]),
            "done": np.array([(event.time - _EPOCH) // _TICK for event in events]),
            "begun": np.array(
                [(e.start - _EPOCH) // _TICK if e.start else np.nan for e in events], float
            ),
        }
        self.began = columns["done"][ends - lengths]
        self.hours = (columns["done"][ends - 1] - self.began) / _PER_HOUR
        self._connection = duckdb.connect()
        self._connection.register("events", columns)
        self._connection.execute(_STEPS)
        self._connection.unregister("events")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that an SQL query over ``steps`` gives."""
        return self._connection.execute(query).fetchall()

    def columns(self, query: str) -> dict[str, np.ndarray]:
        """The columns that an SQL query over ``steps`` gives, by name; null is not allowed."""
        return {
            name: np.ma.getdata(values)
            for name, values in self._connection.execute(query).fetchnumpy().items()
        }

    def moment(self, case: int) -> str:
        """When a case began, in ISO 8601 and UTC."""
        return (_EPOCH + int(self.began[case]) * _TICK).isoformat().replace("+00:00", "Z")

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.cases)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()
