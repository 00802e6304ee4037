"""Recording and replaying. What is recorded here is the scripted server: no model's answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed
from agents.messages import Message
from evals.recording import CASSETTE, recorded, replayed
from evals.scripted.process import ScriptedModel, running_scripted
from signalbox.domain.errors import BadInput
from tests.agents.host import completion, response, running
from tests.evals.agent.commands import Make, evaluate
from tests.evals.agent.conftest import (
    DIALECT,
    endpoint,
    hard_rows,
    local_model,
)

__all__ = ["endpoint", "hard_rows", "local_model"]

pytest.importorskip("vcr", reason="vcrpy is not installed")


def test_a_recording_is_played_with_the_server_gone(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, folder = hard_rows(12), tmp_path / "scripted-server"
    more = ("--model", local_model)
    with running_scripted() as gone_later:
        gone_later.script(choice=["network", "payroll", "access"])
        monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", gone_later.base_url(DIALECT))
        live = evaluate(data, *more, "--record", folder)
        assert gone_later.stats()["requests"] == live["requests"] == 24
    text = (folder / CASSETTE).read_text()
    held = json.loads(text)["interactions"]
    assert len(held) == 24
    assert all(one["response"]["headers"]["x-signalbox-scripted"] for one in held)
    assert "sk-secret-of-this-test" not in text and "authorization" not in text.lower()
    again = evaluate(data, *more, "--replay", folder)
    same = ("accuracy", "agreement", "models", "failures", "asked", "requests", "cost_usd")
    assert {key: again[key] for key in same} == {key: live[key] for key in same}
    assert again["p50_ms"] is None and any("no host was asked" in one for one in again["warnings"])
    assert again["model"].startswith("scripted/") and again["answers"] is None
    assert endpoint.stats()["requests"] == 0


def test_what_was_not_recorded_fails_and_nothing_goes_out(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    more = ("--model", local_model)
    evaluate(hard_rows(3), *more, "--record", tmp_path / "few")
    before = endpoint.stats()["requests"]
    report = evaluate(hard_rows(20, seed=2), *more, "--replay", tmp_path / "few", code=1)
    assert report["answered"] == 0 and "breaker_open" in report["stopped"]
    assert endpoint.stats()["requests"] == before


def test_folders_that_will_not_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no recording is there"), replayed(tmp_path):
        pass
    (tmp_path / CASSETTE).write_text("[]")
    with pytest.raises(BadInput, match="not a recording"), replayed(tmp_path):
        pass
    with pytest.raises(BadInput, match="a recording already"), recorded(tmp_path):
        pass


def test_a_key_that_the_host_quotes_is_in_no_file(tmp_path: Path) -> None:
    key = "sk/a-key-of+this/test"
    thought = f"the key {key} of ann@example.org"
    steps = [
        response(completion(reasoning_content=thought)),
        response({"error": {"message": f"Incorrect API key provided: {key}"}}, 401),
        response(json.dumps({"error": {"message": key}}).replace("/", "\\/").encode(), 401),
    ]

    async def ask(url: str) -> list[str]:
        said = []
        config = configure(base_url=url, model="r1", api_key=key, attempts=1)
        async with R1Client(config) as client:
            for number in range(3):
                turns = [Message("user", f"{number}: my key is {key}")]
                try:
                    said.append((await client.ask(turns, ["mail"], ["e1"], 20)).reasoning)
                except ConsultFailed as failure:
                    said.append(failure.kind.value)
        return said

    with running(*steps) as host, recorded(tmp_path / "held"):
        live = asyncio.run(ask(host.url))
    assert len(live) == 3 and live[0] == thought
    texts = [file.read_text() for file in (tmp_path / "held").rglob("*") if file.is_file()]
    assert texts and "[KEY]" in texts[0]
    for text in texts:
        assert "a-key-of" not in text and "ann@example.org" not in text
    with replayed(tmp_path / "held"):
        assert asyncio.run(ask(host.url))[1:] == live[1:]
