"""The benchmark of a question's CPU, with few questions, and of what a crowd leaves behind."""

from evals.benchmarks.consult import bench_consult


def test_the_figures_add_up():
    found = bench_consult(consults=40)
    assert found["consults"] == 40
    assert found["cpu_ms"] > found["wire_cpu_ms"] > 0
    assert abs(found["cpu_ms"] - found["wire_cpu_ms"] - found["beyond_ms"]) < 0.02
    left = found["leaks"]
    assert (left["crowd_answered"], left["cancelled"]) == (500, 1000)
    assert left["two_loops_answered"] == [100, 100]
    assert left["tasks"][0] == left["tasks"][1]
    assert left["fds"][0] == left["fds"][1]
    assert (left["open_wires"], left["host_connections"]) == (0, 0)
