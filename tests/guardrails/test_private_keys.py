"""Private keys in PEM, of every kind there is."""

import pytest

from guardrails import Redactor

BODY = "MIIEvQIBADANBgkqhkiG9w0B\n" * 20


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "])
def test_a_private_key_goes_whole(kind):
    key = f"-----BEGIN {kind}PRIVATE KEY-----\n{BODY}-----END {kind}PRIVATE KEY-----"
    assert Redactor()(f"before {key} | after") == "before [KEY_1]| after"
