"""Signatures of deliveries by the scheme of Standard Webhooks (standardwebhooks.com, 1.0).

The header ``webhook-signature`` holds one ``v1,…`` for each secret that counts, with a space in
between; a receiver accepts any of them, so that a secret can be exchanged without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from signalbox.domain.errors import SignalboxError

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE_S = 300.0
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class BadSignature(SignalboxError):
    """Not sent by who holds the secret, or too long ago."""

    code = "bad-signature"
    status = 401


def new_secret() -> str:
    """A secret in the form receivers' libraries take: ``whsec_`` and 32 random bytes, base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def sign(secrets_in_force: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; ``timestamp`` in seconds since 1970."""
    made = " ".join(_signature(_key(one), id, timestamp, body) for one in secrets_in_force)
    return {ID: id, TIMESTAMP: str(timestamp), SIGNATURE: made}


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> None:
    """Raises BadSignature unless ``body`` was signed with ``secret`` within ``tolerance_s``.

    ``now`` is in seconds since 1970; names of ``headers`` in small letters.
    """
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not headers.get(name)]
    if missing:
        raise BadSignature(f"the header {missing[0]} is missing")
    given = headers[TIMESTAMP]
    if not (given.isascii() and given.isdigit()) or len(given) > 15:
        raise BadSignature(f"the header {TIMESTAMP} is no number of seconds")
    timestamp = int(given)
    if abs(now - timestamp) > tolerance_s:
        raise BadSignature(
            f"it was signed {now - timestamp:.0f} s ago", hint="compare this machine's clock"
        )
    right = _signature(_key(secret), headers[ID], timestamp, body).encode("ascii")
    # All are compared, and each in constant time.
    found = [hmac.compare_digest(right, one.encode()) for one in headers[SIGNATURE].split(" ")]
    if not any(found):
        raise BadSignature("no signature fits", hint="compare the secret; the body must be raw")


def _signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the secret is not base64", hint="it begins with 'whsec_'") from None
