"""``langgraph dev`` serves the spine, and its client lists, streams and resumes it.

Its server is no requirement of ours (its licence is Elastic-2.0), so this skips where it is absent.
``SIGNALBOX_TEST_LANGGRAPH`` names the ``bin`` of an environment that has it and this project:
``python -m venv E && E/bin/pip install 'langgraph-cli[inmem]' -e .``
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from evals.benchmarks.posting import demo_model

ROOT = Path(__file__).parents[2]
BIN = Path(os.environ.get("SIGNALBOX_TEST_LANGGRAPH") or Path(sys.executable).parent)
CLIENT = Path(__file__).with_name("studio_client.py")
STARTS_S = 90


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@pytest.fixture
def server(tmp_path):
    if not (BIN / "langgraph").exists():
        pytest.skip("langgraph-cli is not installed (SIGNALBOX_TEST_LANGGRAPH names where it is)")
    url = f"http://127.0.0.1:{(port := free_port())}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
    ours["SIGNALBOX_MODEL"] = str(demo_model(tmp_path))
    told = (tmp_path / "server.log").open("w+")
    command = [BIN / "langgraph", "dev", "--config", ROOT / "langgraph.json"]
    command += ["--no-browser", "--no-reload", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=ours, stdout=told, stderr=subprocess.STDOUT
    )
    try:
        ends = time.monotonic() + STARTS_S
        while True:
            try:
                httpx.get(f"{url}/ok", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                told.seek(0)
                assert process.poll() is None, told.read()
                assert time.monotonic() < ends, told.read()
                time.sleep(0.3)
        yield url, told, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        told.close()


@pytest.mark.slow
def test_its_client_lists_streams_and_resumes(server):
    url, log, process = server
    ran = subprocess.run(
        [BIN / "python", CLIENT, url], capture_output=True, text=True, timeout=180, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["graphs"] == ["routing"]
    line = ["screen", "rule", "predict", "consult", "verify", "authorise"]
    assert told["steps"] == [*line, "__interrupt__"]
    assert (told["waiting"], told["next"]) == (True, ["approve"])
    (action,), (review,) = told["asked"]["action_requests"], told["asked"]["review_configs"]
    assert review["action_name"] == action["name"] == "route_task"
    assert told["bad"] == ["__interrupt__"]
    assert told["approve"] == {
        "status": "decided",
        "option": action["args"]["team"],
        "actor": "bob",
        "reason": "approved",
        "next": [],
    }
    assert (told["edit"]["status"], told["edit"]["option"]) == ("decided", told["edited_to"])
    assert (told["reject"]["status"], told["reject"]["option"]) == ("rejected", None)
    assert (told["respond"]["status"], told["respond"]["reason"]) == ("responded", "call me")
    # It writes what runs ended with to a file, every ten seconds and when it stops.
    process.terminate()
    process.wait(timeout=20)
    log.seek(0)
    assert "Traceback" not in log.read()
