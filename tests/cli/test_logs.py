"""No e-mail, key or card in any log line, whoever writes it."""

import http.server
import io
import logging
import threading

import httpx
import pytest
import uvicorn
from uvicorn.logging import AccessFormatter

from evals.server import running_server
from signalbox.logs import redact_logs

MAIL, CARD, KEY = "zoe.kanari@example.org", "4111 1111 1111 1111", "sk-abcdefghijklmnop1234"
OWN = "odd-key-of-ours-81"


@pytest.fixture
def lines():
    """What any logger writes from here on, as text; the factory is put back afterwards."""
    before = logging.getLogRecordFactory()
    redact_logs([OWN, "short"])
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    logging.setLogRecordFactory(before)


def test_messages_and_arguments_of_any_logger(lines):
    for name in ("signalbox.x", "agents.opening", "somebody.elses"):
        logging.getLogger(name).warning("for %s: %d of %r", MAIL, 3, {"card": CARD})
    told = lines.getvalue()
    assert told == "for [EMAIL_1]: 3 of {'card': '[CARD_1]'}\n" * 3


def test_what_only_the_whole_line_shows(lines):
    logging.getLogger("signalbox").warning("%s@%s and %s", "zoe.kanari", "example.org", [KEY])
    logging.getLogger("signalbox").warning("named %(who)s", {"who": MAIL})
    assert lines.getvalue() == "[EMAIL_1] and ['[KEY_1]']\nnamed [EMAIL_1]\n"


def test_exceptions_with_all_that_led_to_them_and_the_stack(lines):
    try:
        try:
            raise ValueError(f"no mailbox {MAIL}")
        except ValueError as error:
            raise RuntimeError(f"key {KEY} was refused") from error
    except RuntimeError:
        logging.getLogger("signalbox").exception("failed for %s", MAIL, stack_info=True)
    told = lines.getvalue()
    assert told.startswith("failed for [EMAIL_1]\nTraceback")
    assert "ValueError: no mailbox [EMAIL_1]" in told
    assert "RuntimeError: key [KEY_1] was refused" in told
    assert "zoe" not in told and "sk-abc" not in told


def test_a_line_with_nothing_in_it_is_left_as_it_was(lines):
    record = logging.getLogger("signalbox").makeRecord(
        "signalbox", logging.INFO, "f", 1, "job %s of %d", ("INC0042195", 7), None
    )
    assert (record.msg, record.args) == ("job %s of %d", ("INC0042195", 7))


def test_our_own_secrets_go_literally_but_not_short_words(lines):
    logging.getLogger("signalbox").warning("sent %s, short", OWN)
    assert lines.getvalue() == "sent [secret], short\n"


def test_arguments_that_do_not_fit_are_not_written_out(lines, capsys):
    logging.getLogger("signalbox").warning("two %s %s", MAIL)
    assert "zoe" not in lines.getvalue() + capsys.readouterr().err
    assert "[EMAIL_1]" in lines.getvalue()


def test_bytes_as_python_shows_them(lines):
    logging.getLogger("aiosqlite").warning("%r", b"\xb3" + CARD.encode() + b"\xd9y" + MAIL.encode())
    assert "4111" not in lines.getvalue() and "kanari" not in lines.getvalue()


def test_it_is_installed_once(lines):
    first = logging.getLogRecordFactory()
    redact_logs(["another-secret"])
    assert logging.getLogRecordFactory() is first
    logging.getLogger("signalbox").warning("another-secret and %s", OWN)
    assert lines.getvalue() == "[secret] and [secret]\n"


class _Silent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, format, *args):
        pass


def test_httpx_names_the_address_it_asked_without_what_is_in_it(lines, caplog):
    caplog.set_level(logging.INFO, logger="httpx")
    server = http.server.HTTPServer(("127.0.0.1", 0), _Silent)
    threading.Thread(target=server.handle_request, daemon=True).start()
    httpx.get(f"http://127.0.0.1:{server.server_port}/x?mail={MAIL}&token={KEY}")
    server.server_close()
    assert "HTTP Request: GET http://127.0.0.1" in lines.getvalue()
    assert "zoe" not in lines.getvalue() and "sk-abc" not in lines.getvalue()


def test_the_access_log_of_a_real_server_keeps_its_form(lines):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AccessFormatter("%(request_line)s -> %(status_code)s", use_colors=False))
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    logger = logging.getLogger("uvicorn.access")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    try:
        while not server.started:
            assert running.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        httpx.get(f"http://127.0.0.1:{port}/v1/tasks/{MAIL}")
        httpx.get(f"http://127.0.0.1:{port}/find?card=4111+1111+1111+1111&by=%7Eme")
    finally:
        server.should_exit = True
        running.join(10)
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert stream.getvalue() == (
        "GET /v1/tasks/[EMAIL_1] HTTP/1.1 -> 200 OK\n"
        "GET /find?card=[CARD_1]&by=~me HTTP/1.1 -> 200 OK\n"
    )


def test_the_log_of_a_serving_process_at_debug(tmp_path):
    # A misspelt variable is named in the log; here its name is what must not be there.
    env = {"SIGNALBOX_LOG_LEVEL": "debug", f"SIGNALBOX_{MAIL}": "1", "SIGNALBOX_LLM__API_KEY": KEY}
    with running_server(["--db", f"sqlite:///{tmp_path / 'desk.db'}"], env=env) as server:
        text = f"mail {MAIL} card {CARD} key {KEY}"
        body = {"id": MAIL, "text": text, "attributes": {"channel": MAIL, "priority": CARD}}
        assert httpx.post(f"{server.url}/v1/tasks", json=body).status_code in (200, 202)
        httpx.post(f"{server.url}/v1/tasks?mail={MAIL}", content=f"not JSON {MAIL}")
        httpx.get(f"{server.url}/v1/tasks/{MAIL}")
    told = "\n".join(server.log)
    assert "[EMAIL_1]" in told
    assert [part for part in ("kanari", "4111", "sk-abc") if part in told.lower()] == []
