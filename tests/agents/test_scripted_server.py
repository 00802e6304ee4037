"""The scripted server itself: dialects, script, modes, counting, bounds and its end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.scripted.answers import BINS, FALLBACK_OFFER, offered_ids
from evals.scripted.dialects import DIALECTS
from evals.scripted.process import running_scripted
from evals.scripted.said import Said
from evals.scripted.server import ScriptedServer
from signalbox.domain.errors import BadInput
from tests.agents.asking import answer_text, ask, message, raw_request

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture
def http():
    with httpx.Client(timeout=10) as client:
        yield client


def eventually(what, seconds=10):
    """Poll until true; the last value."""
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def choice(response):
    return json.loads(answer_text(response))["choice"]


# What it says it is.


@every_dialect
def test_it_says_everywhere_that_it_is_scripted(http, scripted_model, dialect):
    about = http.get(scripted_model.url)
    assert "scripted model server: test equipment" in about.text and dialect in about.text
    models = http.get(scripted_model.base_url(dialect) + "/models")
    assert [model["id"].startswith("scripted/") for model in models.json()["data"]] == [True]
    missing = http.get(f"{scripted_model.url}/{dialect}/no_such_fault/v1/models")
    assert missing.status_code == 404 and "scripted" in missing.json()["error"]["message"]
    for response in (about, models, missing):
        assert response.headers["x-signalbox-scripted"] == "true"


# The hosts' habits.


@every_dialect
@pytest.mark.parametrize(
    ("fields", "refusing"),
    [
        ({"tool_choice": "required"}, {"deepseek", "vllm"}),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, {"deepseek", "vllm"}),
        ({"tools": [{"type": "function"}], "tool_choice": "auto"}, {"vllm"}),
        ({"response_format": {"type": "json_object"}}, set()),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, {"deepseek"}),
        ({"response_format": {"type": "yaml"}}, set(DIALECTS) - {"raw"}),
        ({"stream": True}, set(DIALECTS)),
    ],
)
def test_what_a_host_refuses(http, scripted_model, dialect, fields, refusing):
    status = ask(http, scripted_model, dialect, **fields).status_code
    assert status == (400 if dialect in refusing else 200)


@every_dialect
@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_cuts_where_the_host_heeds_the_field(http, scripted_model, dialect, field):
    heeded = field in DIALECTS[dialect].limit_fields
    assert heeded or dialect in {"deepseek", "ollama", "together"}
    response = ask(http, scripted_model, dialect, **{field: 25})
    reason = response.json()["choices"][0]["finish_reason"]
    assert reason == ("length" if heeded else "stop")
    assert (response.json()["usage"]["completion_tokens"] <= 25) == heeded


@every_dialect
def test_tokens_that_run_out_in_the_reasoning_leave_it_open(http, scripted_model, dialect):
    said = message(ask(http, scripted_model, dialect, max_tokens=5))
    assert "</think>" not in said["content"] and "choice" not in said["content"]
    assert said["content"] == "" or DIALECTS[dialect].reasoning_field is None


@given(st.text(), st.text(), st.integers(1, 60))
def test_a_capped_answer_keeps_the_limit(reasoning, content, limit):
    said = Said(reasoning, content).capped(limit)
    assert said.tokens <= limit
    assert reasoning.startswith(said.reasoning) and content.startswith(said.content)
    assert (said.finish_reason == "length") == (Said(reasoning, content).tokens > limit)


# What it chooses.


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8), st.text(), st.text())
def test_offered_ids_are_found_behind_the_marker(ids, before, after):
    before = before.replace("OFFERED", "")
    text = f"{before}OFFERED: {json.dumps(ids)}{after}"
    parts = [{"type": "text", "text": text}]
    for content in (text, parts):
        asked = [{"role": "system", "content": "x"}, {"role": "user", "content": content}]
        assert offered_ids(asked) == tuple(ids)


@pytest.mark.parametrize(
    "content", ["", "OFFERED: []", "OFFERED: [1, 2]", "OFFERED: [unclosed", None, 7, [3]]
)
def test_without_a_usable_marker_a_and_b_are_offered(content):
    assert offered_ids([{"content": content}, "no message"]) == FALLBACK_OFFER


def test_the_script_sets_choice_confidence_and_evidence(http, scripted_model):
    assert choice(ask(http, scripted_model, "vllm")) == "left"
    scripted_model.script(choice="second")
    assert choice(ask(http, scripted_model, "vllm")) == "right"
    assert choice(ask(http, scripted_model, "vllm", prompt='OFFERED: ["one"]')) == "one"
    scripted_model.script(choice="last", confidence="guess", evidence=["t-1"])
    found = json.loads(answer_text(ask(http, scripted_model, "raw")))
    assert found["choice"] == "straight on"
    assert (found["confidence"], found["evidence"]) == ("guess", ["t-1"])
    scripted_model.script(choice=["left", "an id", "last"])
    seen = [choice(ask(http, scripted_model, "vllm")) for _ in range(4)]
    assert seen == ["left", "an id", "straight on", "left"]
    scripted_model.reset()
    assert choice(ask(http, scripted_model, "vllm")) == "left"


def test_the_script_delays(http, scripted_model):
    scripted_model.script(delay_s=0.3)
    start = time.monotonic()
    ask(http, scripted_model, "vllm")
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(
    "wrong",
    [
        {"choise": "first"},
        {"choice": []},
        {"choice": 3},
        {"confidence": "sure"},
        {"delay_s": -1},
        {"delay_s": 61},
        {"delay_s": True},
        {"evidence": [1]},
    ],
)
def test_a_script_that_cannot_be_followed_is_refused_and_changes_nothing(scripted_model, wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        scripted_model.script(**wrong)
    with httpx.Client() as http:
        assert choice(ask(http, scripted_model, "vllm")) == "left"


def test_every_bin_may_be_scripted(http, scripted_model):
    for name in BINS:
        scripted_model.script(confidence=name)
        assert json.loads(answer_text(ask(http, scripted_model, "ollama")))["confidence"] == name


# Outages.


def test_refuse_resets_new_and_kept_connections(http, scripted_model):
    assert ask(http, scripted_model, "vllm").status_code == 200
    scripted_model.mode("refuse")
    for _ in range(5):
        with pytest.raises(httpx.NetworkError):
            ask(http, scripted_model, "vllm")
    assert scripted_model.stats()["requests"] == 6
    scripted_model.mode("up")
    assert ask(http, scripted_model, "vllm").status_code == 200


def test_hang_accepts_and_never_answers(http, scripted_model):
    scripted_model.mode("hang")
    with pytest.raises(httpx.ReadTimeout):
        http.post(scripted_model.base_url("vllm") + "/chat/completions", json={}, timeout=0.2)
    assert scripted_model.stats()["requests"] == 1
    assert eventually(lambda: scripted_model.stats()["open_connections"] == 0)


def test_flap_refuses_first_and_answers_later(http, scripted_model):
    def attempt():
        try:
            return ask(http, scripted_model, "vllm").status_code
        except httpx.NetworkError:
            return None

    scripted_model.mode("flap", period_s=0.4)
    assert attempt() is None
    assert eventually(attempt) == 200
    assert eventually(lambda: attempt() is None)


@pytest.mark.parametrize("wrong", [("down", 1), ("flap", 0), ("flap", "long")])
def test_an_unknown_mode_is_refused(scripted_model, wrong):
    with pytest.raises(BadInput, match=r"mode|period_s"):
        scripted_model.mode(*wrong)


# Counting.


def test_stats_count_by_path_and_keep_the_last_request_without_its_key(http, scripted_model):
    scripted_model.reset()
    for dialect, fault in (("vllm", "none"), ("vllm", "none"), ("raw", "http_500")):
        http.post(
            scripted_model.base_url(dialect, fault) + "/chat/completions",
            json={"model": "r1", "messages": [{"role": "user", "content": "hello"}]},
            headers={"Authorization": "Bearer sk-secret", "X-Title": "t"},
        )
    stats = scripted_model.stats()
    assert stats["requests"] == len(stats["arrivals_s"]) == 3
    assert stats["by_path"] == {
        "/vllm/none/v1/chat/completions": 2,
        "/raw/http_500/v1/chat/completions": 1,
    }
    last = stats["last_request"]
    assert last["headers"]["authorization"] == "***" and last["headers"]["x-title"] == "t"
    assert last["body"]["messages"] == [{"role": "user", "content": "hello"}]
    assert "sk-secret" not in json.dumps(stats)
    assert stats["internal_errors"] == 0


def test_connections_are_counted_until_the_client_closes_them(scripted_model):
    assert eventually(lambda: scripted_model.stats()["open_connections"] == 0)
    with (
        raw_request(scripted_model, "vllm", "slow_first_byte"),
        raw_request(scripted_model, "vllm", "keep_alive"),
        raw_request(scripted_model, "vllm", "none"),
    ):
        assert eventually(lambda: scripted_model.stats()["requests"] == 3)
        assert scripted_model.stats()["open_connections"] == 3
    assert eventually(lambda: scripted_model.stats()["open_connections"] == 0)
    assert scripted_model.stats()["peak_connections"] == 3
    scripted_model.reset()
    assert scripted_model.stats()["peak_connections"] == 0


def test_many_at_once_are_all_answered(scripted_model):
    limits = httpx.Limits(max_connections=200)
    with httpx.Client(timeout=30, limits=limits) as http, ThreadPoolExecutor(50) as pool:
        work = [pool.submit(ask, http, scripted_model, "vllm") for _ in range(300)]
        assert {choice(one.result()) for one in work} == {"left"}
    assert scripted_model.stats()["requests"] == 300


# Bounds.


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n", 431),
        (b"POST /_script HTTP/1.1\r\ncontent-length: 9000000\r\n\r\n", 413),
        (b"POST /_script HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /_script HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 411),
        (b"POST /_script HTTP/1.1\r\ncontent-length: 2\r\n\r\n[]", 400),
        (b"POST /_script HTTP/1.1\r\ncontent-length: 1\r\n\r\n{", 400),
        (b"PUT /_stats HTTP/1.1\r\n\r\n", 404),
        (b"GET /vllm/none/v1/chat/completions HTTP/1.1\r\n\r\n", 405),
        (b"POST /vllm/none/v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", 400),
        (b"POST /vllm/none/v2 HTTP/1.1\r\n\r\n", 404),
    ],
)
def test_bad_requests_are_answered_and_hurt_nobody(scripted_model, sent, status):
    url = urlsplit(scripted_model.url)
    with socket.create_connection((url.hostname, url.port), timeout=5) as sock:
        sock.sendall(sent)
        assert sock.recv(4096).startswith(b"HTTP/1.1 %d " % status)
    assert scripted_model.stats()["internal_errors"] == 0


async def _first_lines(path, times):
    """Ask an own server on this loop on ``times`` connections that stay open; its state too."""
    server = ScriptedServer()
    url = urlsplit(await server.listen())
    writers, lines = [], []
    for _ in range(times):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writers.append(writer)
        writer.write(b"GET %s HTTP/1.1\r\n\r\n" % path)
        lines.append(await reader.readline())
    for writer in writers:
        writer.close()
    server.close()
    return lines, server.state.stats.report(0)


def test_connections_above_the_limit_are_turned_away(monkeypatch):
    monkeypatch.setattr("evals.scripted.server.MAX_CONNECTIONS", 2)
    lines, _ = asyncio.run(_first_lines(b"/raw/none/v1/models", 4))
    assert [line.split()[1] for line in lines] == [b"200", b"200", b"503", b"503"]


def test_a_failure_of_the_equipment_is_counted_as_such(monkeypatch, capsys):
    monkeypatch.setattr("evals.scripted.server.plan", lambda request, state: 1 / 0)
    lines, stats = asyncio.run(_first_lines(b"/raw/none/v1/models", 1))
    assert (lines, stats["internal_errors"]) == ([b""], 1)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_hundreds_of_waiting_connections_are_held_and_let_go(scripted_model):
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(raw_request(scripted_model, "vllm", "slow_first_byte"))
        assert eventually(lambda: scripted_model.stats()["requests"] == 400)
        assert scripted_model.stats()["open_connections"] == 400
    assert eventually(lambda: scripted_model.stats()["open_connections"] == 0)
    assert scripted_model.stats()["peak_connections"] == 400


# Its end.


def test_it_listens_on_loopback_only(scripted_model):
    assert urlsplit(scripted_model.url).hostname == "127.0.0.1"


def test_it_ends_when_its_standard_input_closes():
    with running_scripted() as model, raw_request(model, "vllm", "slow_first_byte"):
        eventually(lambda: model.stats()["requests"] == 1)
        model.process.stdin.close()
        assert model.process.wait(timeout=10) == 0


def test_it_ends_on_sigterm():
    with running_scripted() as model:
        model.process.send_signal(signal.SIGTERM)
        assert model.process.wait(timeout=10) == 0


def test_it_does_not_outlive_a_test_that_is_killed():
    starter = (
        "import os, signal\nfrom evals.scripted.process import running_scripted\n"
        "with running_scripted() as model:\n"
        "    print(model.process.pid, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, timeout=30, check=False
    )
    assert done.returncode == -signal.SIGKILL

    def gone():
        try:
            os.kill(int(done.stdout), 0)
        except ProcessLookupError:
            return True
        return False

    assert eventually(gone)


def test_a_taken_port_is_named(scripted_model):
    port = str(urlsplit(scripted_model.url).port)
    done = subprocess.run(
        [sys.executable, "-m", "evals.scripted", "--port", port],
        capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and f"port {port} cannot be used" in done.stderr
