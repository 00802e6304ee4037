"""The benchmark of a question's CPU, at a tenth of its size."""

from evals.benchmarks.consult import bench_consult


def test_the_figures_add_up():
    found = bench_consult(consults=40)
    assert found["consults"] == 40
    assert found["cpu_ms"] > found["wire_cpu_ms"] > 0
    assert abs(found["cpu_ms"] - found["wire_cpu_ms"] - found["beyond_ms"]) < 0.02
