"""HTTP statuses, error bodies and Retry-After."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.failures import FailureKind
from agents.faults import error_failure, retry_after, status_failure

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind", "again"),
    [
        (301, "protocol", False),
        (400, "bad_request", False),
        (401, "auth", False),
        (402, "payment", False),
        (403, "refused", False),
        (404, "bad_request", False),
        (422, "bad_request", False),
        (429, "rate_limited", True),
        (500, "server_error", True),
        (501, "server_error", False),
        (502, "server_error", True),
        (503, "server_error", True),
        (504, "server_error", True),
        (529, "server_error", False),
    ],
)
def test_a_status_has_one_meaning(status, kind, again):
    found = status_failure(status, {}, b"<html>no</html>")
    assert (found.kind, found.retryable, found.billable) == (FailureKind(kind), again, False)
    assert "html" not in found.message


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no model\nsk-abcdefgh12345678"}},
        {"object": "error", "message": "no model"},
        {"error": "no model"},
    ],
)
def test_what_the_host_says_is_told_in_one_line_without_keys(body):
    found = status_failure(404, {}, json.dumps(body).encode())
    assert found.message.startswith("HTTP 404: no model")
    assert "sk-" not in found.message


@pytest.mark.parametrize(
    "body", [b"", b"[" * 5_000, b"null", b'{"error": {"message": 3}}', b"\xff"]
)
def test_any_body_will_do(body):
    assert status_failure(500, {}, body).message == "HTTP 500"


def test_the_key_is_taken_out_even_if_it_looks_like_none():
    body = json.dumps({"error": {"message": "bad token plainword"}}).encode()
    assert "plainword" not in status_failure(401, {}, body, secrets=("plainword",)).message


def test_an_error_that_reports_usage_was_charged_for():
    assert status_failure(500, {}, b'{"usage": {"total_tokens": 9}}').billable


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("1e300", 86_400),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("Sat, 31 Jan 2026 12:00:30 -0000", 30),
        ("soon", None),
        ("", None),
        (None, None),
        ("nan", None),
        ("inf", None),
        ("Sat, 99 Jan 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_wait_or_nothing(value):
    found = retry_after(value, NOW)
    assert found is None or 0 <= found <= 86_400


@pytest.mark.parametrize("error", [{"message": "overloaded", "code": 429}, "overloaded"])
def test_an_error_object_with_status_200_is_a_protocol_failure(error):
    found = error_failure(error)
    assert (found.kind, found.billable) == (FailureKind.PROTOCOL, True)
    assert "overloaded" in found.message
