"""Real logs, counted again in SQL straight from the file, without a line of ours in between.

pm4py would be the natural other opinion, but it is under the AGPL, which does not go with this
project's licence; so the counts are written anew as it defines them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.patterns.command import mine
from tests.shared_data import shared

HELPDESK = LogColumns("Case ID", "Activity", "Complete Timestamp", resource="Resource")
LOAN = LogColumns("case_id", "activity", "end_time", start="start_time", resource="resource")
LOGS = [
    ("logs/helpdesk_full_4580cases.csv.gz", HELPDESK),
    ("logs/LoanApp.csv.gz", LOAN),
]
# The number of the row breaks ties in time.
_EVENTS = """
create table e as select "{case}" as c, trim("{activity}") as a, row_number() over () as n,
    replace("{timestamp}", '/', '-')::timestamp as t, replace({begun}, '/', '-')::timestamp as s
from read_csv('{path}', all_varchar = true, parallel = false)
"""
_VARIANTS = """
select path, count(*) from (
    select string_agg(a, '|' order by t, n) as path from e group by c
) group by path
"""
_TRANSITIONS = """
select a, b, count(*), sum(greatest(epoch(s) - epoch(p), 0)) / 3600 from (
    select lag(a) over w as a, a as b, lag(t) over w as p, s from e
    window w as (partition by c order by t, n)
) where a is not null group by a, b
"""


@pytest.fixture(scope="module", params=LOGS, ids=["helpdesk", "loan"])
def both(request: pytest.FixtureRequest) -> tuple[dict[str, Any], duckdb.DuckDBPyConnection]:
    name, columns = request.param
    path: Path = shared(name)
    connection = duckdb.connect()
    connection.execute(
        _EVENTS.format(
            case=columns.case,
            activity=columns.activity,
            timestamp=columns.timestamp,
            begun=f'"{columns.start or columns.timestamp}"',
            path=path,
        )
    )
    return mine(path, columns)[0], connection


@pytest.mark.shared
def test_variants_are_those_of_the_file(
    both: tuple[dict[str, Any], duckdb.DuckDBPyConnection],
) -> None:
    found, connection = both
    expected = dict(connection.execute(_VARIANTS).fetchall())
    assert {"|".join(one["activities"]): one["count"] for one in found["variants"]} == expected
    assert len(expected) > 40


@pytest.mark.shared
def test_bottlenecks_are_those_of_the_file(
    both: tuple[dict[str, Any], duckdb.DuckDBPyConnection],
) -> None:
    found, connection = both
    rows = connection.execute(_TRANSITIONS).fetchall()
    counts = {(one, other): count for one, other, count, _ in rows}
    totals = {(one, other): total for one, other, _, total in rows}
    edges = found["directly_follows"]["edges"]
    assert {(edge["from"], edge["to"]): edge["count"] for edge in edges} == counts
    told = found["bottlenecks"]["transitions"]
    assert {(one["from"], one["to"]): one["total_hours"] for one in told} == pytest.approx(
        totals, rel=1e-5, abs=1e-6
    )
    first = sorted(totals, key=lambda pair: -totals[pair])[:5]
    assert [(one["from"], one["to"]) for one in told[:5]] == first


@pytest.mark.shared
def test_the_suggested_template_replays_later_cases(
    both: tuple[dict[str, Any], duckdb.DuckDBPyConnection],
) -> None:
    held_out = both[0]["suggested_template"]["fitness_held_out"]
    assert held_out["share_of_cases"] >= 0.75
    assert held_out["share_of_events"] >= 0.9
    assert held_out["precision"] >= 0.6
