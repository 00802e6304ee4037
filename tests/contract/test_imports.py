"""What importing costs and drags in."""

import subprocess
import sys


def loaded_by(code):
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_the_api_brings_no_language_model_client():
    loaded = loaded_by("import api.application")
    assert not loaded & {"langchain_openai", "openai"}


def test_nothing_heavy_is_imported_before_it_is_used():
    loaded = loaded_by("import api.application, signalbox.cli, rules, guardrails")
    assert not loaded & {"torch", "sentence_transformers", "sklearn", "duckdb", "alembic"}


def test_judging_an_agent_needs_no_numeric_library():
    modules = "agents.calibration, agents.calibration_store, agents.fitting, agents.prompt"
    assert not loaded_by(f"import {modules}") & {"numpy", "scipy", "sklearn"}
    assert not loaded_by("import signalbox.domain.certificate") & {"scipy", "sklearn"}


def test_no_package_of_ours_does_io_when_imported(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import api.application, signalbox.cli, signalbox.app, graphs.spine, agents, rules",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == done.stderr == ""
    assert list(tmp_path.iterdir()) == []
