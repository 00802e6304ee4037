"""The benchmark reports its keys, and no edit against a mandatory step gets by."""

import json
import subprocess
import sys

from evals.benchmarks.soundness import bench_soundness


def test_every_edit_that_takes_out_or_doubles_a_mandatory_step_is_denied():
    figures = bench_soundness(100, 12, seed=7)
    assert figures["mandatory_edits"] > 200
    assert figures["mandatory_accepted"] == 0
    assert figures["nested"]["most_markings"] == 1 < figures["mesh"]["most_markings"]
    for shape in ("nested", "dense", "mesh"):
        assert sum(figures[shape]["verdicts"].values()) == figures[shape]["plans"]
        assert figures[shape]["verdicts"]["allow"] > 0


def test_the_command_prints_one_json_object():
    run = subprocess.run(
        [sys.executable, "-m", "evals.benchmarks.soundness", "--plans", "20", "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(run.stdout)["nested"]["template_p50_ms"] > 0
