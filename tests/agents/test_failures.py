"""Typed failures and their messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.failures import ConsultFailed, FailureKind, one_line
from signalbox.domain.errors import SignalboxError


def test_the_set_is_closed():
    assert {kind.value for kind in FailureKind} == {
        "timeout",
        "unreachable",
        "rate_limited",
        "auth",
        "payment",
        "bad_request",
        "server_error",
        "protocol",
        "truncated",
        "blank",
        "invalid_json",
        "invalid_schema",
        "not_offered",
        "refused",
        "budget",
        "breaker_open",
        "busy",
        "cancelled",
    }


@pytest.mark.parametrize(
    "secret",
    [
        "sk-abcdefghijklmnop",
        "Bearer abc.def.ghi",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "ann.smith@example.com",
        "4111 1111 1111 1111",
        "http://ann:secret@host/v1",
    ],
)
def test_a_message_holds_no_secret(secret):
    assert secret not in ConsultFailed(FailureKind.AUTH, f"refused {secret} today").message


@given(st.text(max_size=3000))
def test_any_text_becomes_one_short_printable_line(text):
    found = one_line(text)
    assert len(found) <= 240
    assert "\n" not in found
    assert found.encode("utf-8").decode() == found


def test_it_is_an_error_of_the_house():
    failure = ConsultFailed(FailureKind.BUSY, "full", attempts=2, retry_after_s=1.5)
    assert isinstance(failure, SignalboxError)
    assert str(failure) == "busy: full"
    assert (failure.code, failure.attempts, failure.retry_after_s) == ("consult-failed", 2, 1.5)
