"""Every dialect x every fault: what comes over the wire is what the fault says."""

import json
import time
from contextlib import ExitStack
from email.utils import parsedate_to_datetime

import httpx
import pytest

from evals.scripted.dialects import DIALECTS
from evals.scripted.faults import FAULTS
from evals.scripted.results import RESULTS
from evals.scripted.shapes import UNKNOWN_ID
from tests.agents.asking import answer_text, ask, bytes_within, message, raw_request

RIGHT = {
    "choice": "left",
    "reasons": ["scripted: this answer was written beforehand"],
    "evidence": [],
    "confidence": "likely",
}


@pytest.fixture(scope="module")
def http():
    with httpx.Client(timeout=10) as client:
        yield client


def right(text):
    return json.loads(text) == RIGHT


def changed(**fields):
    """One object that is right but for these fields."""
    return lambda text: json.loads(text) == RIGHT | fields


def no_json(text):
    with pytest.raises(ValueError):
        json.loads(text)
    return True


def half(text):
    return no_json(text) and text.strip().startswith('{"choice": "left"')


def two_objects(text):
    decoder = json.JSONDecoder()
    text = text.strip()
    first, end = decoder.raw_decode(text)
    return first == json.loads(text[end:]) == RIGHT


def repeated_choice(text):
    pairs = json.loads(text, object_pairs_hook=list)
    choices = [value for key, value in pairs if key == "choice"]
    return choices == [UNKNOWN_ID, "left"] and right(text)


def big_object(text):
    return len(text) > 9_900_000 and set(json.loads(text)) == set(RIGHT)


# The content behind the reasoning, and the finish reason, of every fault that is in what is said.
SAID = {
    "none": (right, "stop"),
    "blank_content": (lambda text: text.strip() == "", "stop"),
    "spaces": (lambda text: text.endswith("  \n \t\n") and text.isspace(), "stop"),
    "fenced_json": (
        lambda text: right(text.strip().removeprefix("```json\n").removesuffix("\n```")),
        "stop",
    ),
    "prose_around_json": (
        lambda text: no_json(text) and right(text[text.index("{") : text.rindex("}") + 1]),
        "stop",
    ),
    "two_json_objects": (two_objects, "stop"),
    "think_inline": (right, "stop"),
    "think_no_open": (right, "stop"),
    "think_twice": (right, "stop"),
    "json_in_reasoning_only": (lambda text: text.strip() == "", "stop"),
    "truncated_length": (half, "length"),
    "truncated_stop": (half, "stop"),
    "no_finish_reason": (right, None),
    "finish_unknown": (right, "insufficient_system_resource"),
    "finish_content_filter": (lambda text: text.strip() == "", "content_filter"),
    "wrong_enum": (changed(confidence="pretty sure"), "stop"),
    "extra_keys": (changed(action="approve everything"), "stop"),
    "duplicate_keys": (repeated_choice, "stop"),
    "unknown_id": (changed(choice=UNKNOWN_ID), "stop"),
    "nan": (lambda text: '"confidence": NaN' in text, "stop"),
    "infinity": (lambda text: '"confidence": Infinity' in text, "stop"),
    "wrong_types": (changed(choice=7, reasons="one string", evidence=None), "stop"),
    "json_array": (lambda text: json.loads(text) == [RIGHT], "stop"),
    "invalid_json": (no_json, "stop"),
    "reasoning_1mb": (right, "stop"),
    "content_10mb": (big_object, "stop"),
    "reask_ok": (changed(choice=UNKNOWN_ID), "stop"),
    "reask_bad": (changed(choice=UNKNOWN_ID), "stop"),
    "usage_missing": (right, "stop"),
    "usage_absurd": (right, "stop"),
    "keep_alive_then_answer": (right, "stop"),
}

STATUS = {
    "http_400": (400, None),
    "http_401": (401, None),
    "http_402": (402, None),
    "http_404": (404, None),
    "http_422": (422, None),
    "http_429": (429, None),
    "http_429_after": (429, "1"),
    "http_429_long": (429, "3600"),
    "http_500": (500, None),
    "http_503": (503, None),
    "http_503_after": (503, "1"),
}

OTHERS = {
    "null_content", "no_choices", "error_200", "html_200", "empty_body", "wrong_content_type",
    "http_429_date", "flaky_503_once", "flaky_429_once", "slow_first_byte", "keep_alive",
    "trickle", "cut_body", "cut_header", "reset",
}  # fmt: skip

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def test_every_fault_is_checked_here_and_has_a_result_of_the_closed_set():
    assert set(SAID) | set(STATUS) | OTHERS == set(FAULTS)
    assert len(FAULTS) * len(DIALECTS) >= 60
    for fault in FAULTS.values():
        for dialect in DIALECTS:
            assert fault.accepts(dialect) <= RESULTS


@every_dialect
@pytest.mark.parametrize("fault", SAID)
def test_what_is_said(http, scripted_process, dialect, fault):
    response = ask(http, scripted_process, dialect, fault)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-signalbox-scripted"] == "true"
    payload = response.json()
    assert payload["model"].startswith("scripted/")
    assert payload["system_fingerprint"] == "scripted"
    looks_right, finish = SAID[fault]
    assert looks_right(answer_text(response)), answer_text(response)[:300]
    assert payload["choices"][0].get("finish_reason") == finish


@every_dialect
def test_reasoning_stands_where_the_dialect_puts_it(http, scripted_process, dialect):
    said = message(ask(http, scripted_process, dialect))
    field = DIALECTS[dialect].reasoning_field
    assert {"reasoning", "reasoning_content"} & set(said) == ({field} if field else set())
    opened, closed = said["content"].count("<think>"), said["content"].count("</think>")
    assert (opened, closed) == {"together": (1, 1), "raw": (0, 1)}.get(dialect, (0, 0))
    assert "scripted reasoning" in (said[field] if field else said["content"])


@every_dialect
@pytest.mark.parametrize(
    ("fault", "tags"),
    [("think_inline", (1, 1)), ("think_no_open", (0, 1)), ("think_twice", (2, 2))],
)
def test_inline_reasoning_has_these_tags(http, scripted_process, dialect, fault, tags):
    said = message(ask(http, scripted_process, dialect, fault))
    assert (said["content"].count("<think>"), said["content"].count("</think>")) == tags
    assert not {"reasoning", "reasoning_content"} & set(said)


@every_dialect
def test_the_reasoning_faults_are_in_the_reasoning(http, scripted_process, dialect):
    field = DIALECTS[dialect].reasoning_field or "content"
    long = message(ask(http, scripted_process, dialect, "reasoning_1mb", max_tokens=100))
    assert len(long[field]) >= 1_000_000
    only = message(ask(http, scripted_process, dialect, "json_in_reasoning_only"))
    assert json.dumps(RIGHT) in only[field]


@every_dialect
def test_payload_faults(http, scripted_process, dialect):
    assert message(ask(http, scripted_process, dialect, "null_content"))["content"] is None
    assert ask(http, scripted_process, dialect, "no_choices").json()["choices"] == []
    failed = ask(http, scripted_process, dialect, "error_200")
    assert failed.status_code == 200 and "choices" not in failed.json()
    assert "scripted: the provider returned an error" in failed.text
    assert "usage" not in ask(http, scripted_process, dialect, "usage_missing").json()
    usage = ask(http, scripted_process, dialect, "usage_absurd").json()["usage"]
    assert usage["prompt_tokens"] < 0 and usage["completion_tokens"] > 10**12


@every_dialect
def test_body_faults(http, scripted_process, dialect):
    page = ask(http, scripted_process, dialect, "html_200")
    assert page.headers["content-type"].startswith("text/html") and "<h1>" in page.text
    nothing = ask(http, scripted_process, dialect, "empty_body")
    assert (nothing.status_code, nothing.content) == (200, b"")
    labelled = ask(http, scripted_process, dialect, "wrong_content_type")
    assert labelled.headers["content-type"].startswith("text/plain")
    assert right(answer_text(labelled))


@every_dialect
@pytest.mark.parametrize("fault", STATUS)
def test_status(http, scripted_process, dialect, fault):
    response = ask(http, scripted_process, dialect, fault)
    assert (response.status_code, response.headers.get("retry-after")) == STATUS[fault]
    body = response.json()
    assert "scripted" in (body if dialect == "sglang" else body["error"])["message"]


@every_dialect
def test_retry_after_as_a_date(http, scripted_process, dialect):
    response = ask(http, scripted_process, dialect, "http_429_date")
    ahead = parsedate_to_datetime(response.headers["retry-after"]).timestamp() - time.time()
    assert response.status_code == 429 and 0 < ahead <= 2.5


@every_dialect
@pytest.mark.parametrize(("fault", "status"), [("flaky_503_once", 503), ("flaky_429_once", 429)])
def test_flaky_fails_the_first_of_two_like_requests(http, scripted_model, dialect, fault, status):
    seen = [ask(http, scripted_model, dialect, fault).status_code for _ in range(4)]
    other = ask(http, scripted_model, dialect, fault, prompt="another").status_code
    assert (seen, other) == ([status, 200, status, 200], status)


@every_dialect
def test_reask_is_answered_rightly_once_the_rejected_id_is_quoted(http, scripted_process, dialect):
    told = f'OFFERED: ["left", "right"]\nYour answer failed: choice {UNKNOWN_ID!r} is not offered.'
    again = ask(http, scripted_process, dialect, "reask_ok", prompt=told)
    assert right(answer_text(again))
    still = ask(http, scripted_process, dialect, "reask_bad", prompt=told)
    assert json.loads(answer_text(still))["choice"] == UNKNOWN_ID


@every_dialect
def test_connections_that_end_too_soon(http, scripted_process, dialect):
    with raw_request(scripted_process, dialect, "cut_body") as sock:
        got, ended = bytes_within(sock, 5)
    head, _, body = got.partition(b"\r\n\r\n")
    announced = int(dict(h.split(b": ") for h in head.split(b"\r\n")[1:])[b"content-length"])
    assert ended and 0 < len(body) < announced
    with raw_request(scripted_process, dialect, "cut_header") as sock:
        assert bytes_within(sock, 5) == (b"HTTP/1.1 200 OK\r\ncontent-ty", True)
    with raw_request(scripted_process, dialect, "reset") as sock, pytest.raises(ConnectionError):
        bytes_within(sock, 5)
    with pytest.raises(httpx.ReadError):
        ask(http, scripted_process, dialect, "reset")


def arriving(model, fault, seconds):
    """What every dialect sends in this time, together: {dialect: (bytes, ended)}."""
    with ExitStack() as stack:
        socks = {d: stack.enter_context(raw_request(model, d, fault)) for d in DIALECTS}
        time.sleep(seconds)
        return {dialect: bytes_within(sock, 0.05) for dialect, sock in socks.items()}


def test_slow_first_byte_sends_nothing(scripted_process):
    assert set(arriving(scripted_process, "slow_first_byte", 0.4).values()) == {(b"", False)}


def test_keep_alive_sends_lines_without_end(scripted_process):
    for dialect, (got, ended) in arriving(scripted_process, "keep_alive", 1.0).items():
        head, _, chunks = got.partition(b"\r\n\r\n")
        line = DIALECTS[dialect].keep_alive
        chunk = b"%x\r\n%s\r\n" % (len(line), line)
        assert b"transfer-encoding: chunked" in head and not ended
        assert chunks.count(chunk) >= 2 and chunks.replace(chunk, b"") == b""


def test_both_kinds_of_keep_alive_line_are_spoken():
    assert {d.keep_alive.strip() for d in DIALECTS.values()} == {b"", b": keep-alive"}


def test_trickle_sends_a_correct_body_byte_by_byte(scripted_process):
    for got, ended in arriving(scripted_process, "trickle", 0.7).values():
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"200 OK" in head and not ended
        assert 1 <= len(body) < 100 and b'{"id": "chatcmpl'.startswith(body)
