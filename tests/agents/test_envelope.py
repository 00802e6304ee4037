"""The body of a completion: what counts is kept, anything else is a protocol failure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.envelope import parse_envelope
from agents.failures import ConsultFailed, FailureKind


def body(**changes):
    choice = {"message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "model": "r1", **changes}).encode()


def choice(message=None, **changes):
    said = {"content": "x"} if message is None else message
    return body(choices=[{"message": said, "finish_reason": "stop", **changes}])


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_both_reasoning_fields_are_kept(field):
    found = parse_envelope(choice({"content": None, field: "thought", "tool_calls": [{}]}))
    message = found["choices"][0]["message"]
    assert message == {"role": "assistant", "content": None, field: "thought"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n\n ",
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        body(choices=[]),
        body(choices=None),
        body(choices={}),
        body(choices=[None]),
        body(choices=[{}]),
        body(error={"message": "m"}),
        body(object="error", message="m"),
        choice({"content": [{"type": "text", "text": "x"}]}),
        choice(finish_reason=3),
        choice(error={"message": "m"}),
        b'{"choices": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_completion_is_a_protocol_failure(content):
    with pytest.raises(ConsultFailed) as caught:
        parse_envelope(content)
    assert caught.value.kind == FailureKind.PROTOCOL
    assert caught.value.billable


def test_keep_alive_blank_lines_before_the_body_do_no_harm():
    assert parse_envelope(b"\n\n\n" + body())["model"] == "r1"


@pytest.mark.parametrize(
    ("usage", "kept"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, True),
        ({"prompt_tokens": 3, "completion_tokens": 4}, True),
        ({"prompt_tokens": -3, "completion_tokens": 4, "total_tokens": 1}, False),
        ({"prompt_tokens": 1e9, "completion_tokens": 4, "total_tokens": 1}, False),
        ({"prompt_tokens": True, "completion_tokens": 4, "total_tokens": 1}, False),
        ({"prompt_tokens": "3", "completion_tokens": "4"}, False),
        ({"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}, False),
        ({"prompt_tokens": 0, "completion_tokens": 4, "total_tokens": 4}, False),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, False),
        ({"total_tokens": 7}, False),
        ([], False),
        (None, False),
    ],
)
def test_usage_counts_only_if_it_makes_sense(usage, kept):
    assert ("usage" in parse_envelope(body(usage=usage))) == kept


def test_an_empty_answer_may_have_cost_no_tokens():
    usage = {"prompt_tokens": 3, "completion_tokens": 0}
    said = [{"message": {"content": ""}, "finish_reason": "stop"}]
    assert parse_envelope(body(choices=said, usage=usage))["usage"]["total_tokens"] == 3


@given(
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "content", "usage", "error", "model"]), inner
            )
        ),
    ).map(lambda found: json.dumps(found).encode())
)
def test_any_bytes_are_an_envelope_or_a_typed_failure(content):
    try:
        found = parse_envelope(content)
    except ConsultFailed as failure:
        assert failure.kind == FailureKind.PROTOCOL
    else:
        assert len(found["choices"]) == 1
