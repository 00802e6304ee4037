from __future__ import annotations

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.delivery.signing import BadSignature, new_secret, sign, verify

SECRETS = st.binary(min_size=24, max_size=64).map(
    lambda raw: "whsec_" + base64.b64encode(raw).decode()
)
IDS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40)
TIMES = st.integers(0, 4_000_000_000)


def by_hand(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """The scheme, written out once more: HMAC is two hashes over the padded key (RFC 2104)."""
    key = base64.b64decode(secret[len("whsec_") :]).ljust(64, b"\0")
    signed = b".".join([id.encode(), timestamp.encode(), body])
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in key) + signed).digest()
    outer = hashlib.sha256(bytes(one ^ 0x5C for one in key) + inner).digest()
    return "v1," + base64.b64encode(outer).decode()


@given(SECRETS, IDS, TIMES, st.binary(max_size=500))
def test_a_signature_is_what_the_scheme_says(secret, id, at, body):
    headers = sign([secret], id, at, body)
    assert headers["webhook-signature"] == by_hand(secret, id, str(at), body)
    assert headers["webhook-id"] == id
    verify(secret, headers, body, at)


def test_a_known_value():
    # Made with `openssl dgst -sha256 -hmac` and not with this code.
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    headers = sign([secret], "evt_1", 1_700_000_000, b'{"a":1}')
    assert headers["webhook-signature"] == "v1,E91RjL3XwKNvhbIjLEB4Oo053Uu727CszikrY+6s9HE="


@given(SECRETS, SECRETS, IDS, TIMES, st.binary(max_size=50))
def test_both_secrets_count_while_one_takes_the_place_of_the_other(new, old, id, at, body):
    headers = sign([new, old], id, at, body)
    verify(new, headers, body, at)
    verify(old, headers, body, at)


@given(
    SECRETS, IDS, TIMES, st.binary(max_size=50), st.binary(min_size=1, max_size=5), st.integers(0)
)
def test_nothing_that_was_changed_is_taken(secret, id, at, body, other, where):
    headers = sign([secret], id, at, body)
    where %= len(body) + 1
    for changed in (body[:where] + other + body[where:], body + other):
        with pytest.raises(BadSignature):
            verify(secret, headers, changed, at)
    with pytest.raises(BadSignature):
        verify(secret, headers | {"webhook-id": id + "0"}, body, at)
    with pytest.raises(BadSignature):
        verify(secret, headers | {"webhook-timestamp": str(at + 1)}, body, at)
    with pytest.raises(BadSignature):
        verify(new_secret(), headers, body, at)


@given(SECRETS, st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp",
    "webhook-signature"]), st.text(max_size=80)), st.binary(max_size=20))  # fmt: skip
def test_headers_that_nobody_signed_are_refused_whatever_they_hold(secret, headers, body):
    with pytest.raises(BadSignature):
        verify(secret, headers, body, 1_700_000_000)


@pytest.mark.parametrize("off", [-301, 301, 1e9])
def test_what_was_signed_long_ago_is_refused(off):
    secret = new_secret()
    headers = sign([secret], "evt_1", 1_700_000_000, b"{}")
    with pytest.raises(BadSignature, match="s ago"):
        verify(secret, headers, b"{}", 1_700_000_000 + off)


def test_the_function_in_the_documentation_verifies_what_is_sent():
    from pathlib import Path

    page = Path(__file__).parents[2].joinpath("docs", "webhooks.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    scope: dict[str, object] = {}
    exec(code, scope)
    check = scope["is_genuine"]
    secret = new_secret()
    headers = sign([new_secret(), secret], "evt_7", 1_700_000_000, b'{"x": 1}')
    assert check(secret, headers, b'{"x": 1}', now=1_700_000_100)
    assert not check(secret, headers, b'{"x": 2}', now=1_700_000_100)
    assert not check(new_secret(), headers, b'{"x": 1}', now=1_700_000_100)
    assert not check(secret, headers, b'{"x": 1}', now=1_700_001_000)
    assert not check(secret, {}, b'{"x": 1}', now=1_700_000_100)


def test_secrets_differ_and_are_as_long_as_the_scheme_asks():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(base64.b64decode(one.removeprefix("whsec_"))) == 32 for one in made)
