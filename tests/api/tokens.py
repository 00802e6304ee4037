"""An issuer made on the spot: its keys, and tokens signed with them or not."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.jwks import SigningKeys
from api.oidc import Verifier
from signalbox.domain.access import Unauthorised
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput
from signalbox.settings import OidcSettings

ISSUER, AUDIENCE = "https://id.example", "signalbox"


class Issuer:
    """Signs with the newest of its keys, and publishes all that it has not withdrawn."""

    def __init__(self):
        self.keys = {}
        self.read = 0
        self.away = False
        self.rotate("first")

    def rotate(self, kid, kind="ES256"):
        made = {
            "ES256": lambda: ECKey.generate_key("P-256"),
            "ES384": lambda: ECKey.generate_key("P-384"),
            "RS256": lambda: RSAKey.generate_key(2048),
            "PS256": lambda: RSAKey.generate_key(2048),
            "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
        }[kind]()
        self.keys[kid] = (made, kind)
        self.kid = kid

    def published(self, **more):
        keys = [
            key.as_dict(private=False) | {"kid": kid, "use": "sig"} | more
            for kid, (key, _) in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def fetch(self):
        self.read += 1
        if self.away:
            raise BadInput("the issuer is away")
        return self.published()

    def claims(self, **more):
        now = int(utc_now().timestamp())
        told = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ann",
            "exp": now + 300,
            "nbf": now - 1,
            "roles": ["approver"],
        }
        return {name: value for name, value in (told | more).items() if value is not None}

    def sign(self, header=None, kid=None, **more):
        kid = kid or self.kid
        key, algorithm = self.keys[kid]
        header = {"alg": algorithm, "kid": kid} | (header or {})
        header = {name: value for name, value in header.items() if value is not None}
        signed = f"{part(header)}.{part(self.claims(**more))}"
        signature = jws.JWSRegistry.algorithms[algorithm].sign(signed.encode(), key)
        return f"{signed}.{part(signature)}"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Desk:
    """A verifier of one issuer's tokens, with clocks to set."""

    def __init__(self, **claims):
        self.issuer, self.clock, self.ahead = Issuer(), Clock(), timedelta()
        self.keys = SigningKeys("the issuer", read=self.issuer.fetch, clock=self.clock)
        settings = OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks="keys.json", **claims)
        self.verifier = Verifier(settings, self.keys, lambda: utc_now() + self.ahead)

    def verify(self, token):
        return self.verifier.verify(token)

    def refuses(self, token, error=Unauthorised):
        with pytest.raises(error) as refused:
            self.verify(token)
        return refused.value


def part(value):
    """One part of a token: of an object, or of bytes."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(header, claims, secret=None):
    """A token that no library would make: unsigned, or with a secret of the forger's choice."""
    signed = f"{part(header)}.{part(claims)}"
    mac = hmac.new(secret, signed.encode(), sha256).digest() if secret is not None else b""
    return f"{signed}.{part(mac)}"
