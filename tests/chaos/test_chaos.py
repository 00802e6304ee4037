"""A short storm on both databases: real servers and workers, killed for real.

The long one is ``signalbox bench chaos``; its figures stand in docs/benchmarks.md.
"""

import pytest

from evals.benchmarks.chaos.bench import bench_chaos


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_nothing_is_lost_or_decided_twice_in_a_storm(kind, request):
    db = "sqlite" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    result = bench_chaos(
        db, kills=4, seconds=20, rate=8, outage_s=8, db_restarts=int(kind == "postgres")
    )
    assert sum(result["kills"].values()) == 4
    assert result["accepted"] > 100
    assert result["approvals_raced"] > 5
    told = {key: result[key] for key in ("lost", "decided_twice", "overwritten_answers", "refused")}
    assert told == {"lost": 0, "decided_twice": 0, "overwritten_answers": 0, "refused": {}}
    assert result["still_owed"] == 0
