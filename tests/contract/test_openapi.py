"""The API as it is described: schemathesis sends what the description allows, and what it does not.

A short run; ``python -m evals.benchmarks.openapi`` is the long one.
"""

import pytest

from evals.benchmarks.openapi import bench_openapi


@pytest.mark.slow
def test_no_answer_is_undocumented():
    result = bench_openapi(examples=12)
    assert result["failures"] == []
    assert result["examples"] > 200
    assert not [status for status in result["by_status"] if status.startswith("5")]
    assert len(result["by_operation"]) >= 15
