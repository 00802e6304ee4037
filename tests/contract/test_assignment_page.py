"""The page on assignments, run as it stands."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path

import pytest
import uvicorn

from api.application import create_app
from signalbox.app import open_signalbox
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

PAGE = Path(__file__).resolve().parents[2] / "docs" / "assignment.md"


@pytest.fixture
def url(tmp_path, monkeypatch):
    """A server on a free port whose model knows the team of the page."""
    monkeypatch.setattr(
        "api.application.open_signalbox",
        lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
    )
    app = create_app(Settings(db=f"sqlite:///{tmp_path / 'desk.db'}"))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(15)


def test_every_block_does_what_the_page_says(url, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), flags=re.S)
    told = []
    for block in blocks[:3]:
        # Whenever this runs she is there, and the model knows a text by its team.
        script = block.replace("http://127.0.0.1:8400", url).replace(
            "The core", "network: the core"
        )
        script = re.sub(r'"calendar":.*\]\}\}', '"away": false}', script, flags=re.S)
        ran = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True)
        told.append(json.loads(ran.stdout))
    registered, posted, done = told
    assert registered["skills"] == ["cisco"] and registered["on_shift"]
    assert (posted["team"], posted["resource"]) == ("network", "bea")
    assert done["state"] == "done"
    assert "learn allocation" in blocks[3]
