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


def test_an_engine_with_a_language_model_imports_its_client_at_the_first_question(
    tmp_path, scripted_model
):
    """langgraph itself brings langchain_core, langsmith and httpx2; the client's own are later."""
    code = f"""
import asyncio
import api.application
from signalbox.app import open_signalbox
from signalbox.domain.task import Task
from signalbox.settings import LlmSettings, Settings
from tests.doubles import ScriptedPredictor

def there():
    return sorted({{"langchain_openai", "openai"}} & set(sys.modules))

async def main():
    llm = LlmSettings(
        base_url={scripted_model.base_url("vllm")!r}, model="r1", dialect="vllm"
    )
    settings = Settings(db="sqlite:///{tmp_path / "desk.db"}", llm=llm)
    told = [there()]
    async with open_signalbox(settings, ScriptedPredictor()) as engine:
        await engine.readiness()
        await engine.dispatcher.submit(Task(id="sure", text="payroll"), 5.0)
        told.append(there())
        answer = await engine.dispatcher.submit(Task(id="hard", text="odd"), 50.0)
        told.append(there())
        told.append(answer.approval.draft.source.value)
    return told

found = asyncio.run(main())
print(repr(found))
sys.exit(0 if found == [[], [], ["langchain_openai", "openai"], "agent"] else 1)
"""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert scripted_model.stats()["requests"] == 1


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
