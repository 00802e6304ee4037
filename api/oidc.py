"""Bearer tokens of an OpenID Connect issuer: from a signed text to whoever it names.

Pure but for reading the issuer's keys (``api.jwks``). Nothing a token says of itself is followed:
neither where keys are to be had nor that it needs none.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api.jwks import ALGORITHMS, SigningKeys, is_address
from signalbox.domain.access import HOME, Forbidden, Principal, Role, Unauthorised
from signalbox.domain.base import Identifier, Name, utc_now
from signalbox.domain.errors import MissingExtra
from signalbox.domain.plain import name_problem
from signalbox.settings import OidcSettings

log = logging.getLogger("signalbox.api")

# Clocks of two machines differ by so much.
LEEWAY_S = 30
MAX_LENGTH = 16_000
HINT = "send an unexpired token of the issuer for this audience as 'Authorization: Bearer …'"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_TENANT: TypeAdapter[str] = TypeAdapter(Identifier)


class Verifier:
    """Checks tokens of one issuer. Safe to use from threads; it may wait for the issuer."""

    def __init__(
        self,
        settings: OidcSettings,
        keys: SigningKeys | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Reads a file of keys at once, so that a mistake is told at the start.

        Raises:
            MissingExtra: joserfc is not installed.
            BadInput: the place of the keys cannot be right.
        """
        try:
            from joserfc import jwt  # noqa: F401
        except ImportError:
            raise MissingExtra(
                "SIGNALBOX_OIDC__ISSUER is set, and joserfc is not installed",
                hint="pip install 'signalbox[oidc]'",
            ) from None
        self._settings, self._clock = settings, clock
        if keys is None:
            keys = SigningKeys(settings.jwks)
            if not is_address(settings.jwks):
                keys.read_now()
        self._keys = keys

    def verify(self, token: str) -> Principal:
        """Whoever the issuer says the bearer is.

        Raises:
            Unauthorised: not of this issuer, for this audience and this time. Why is only logged.
            Forbidden: it counts, and names no one role, name or tenant; which, is told.
            Unavailable: the issuer's keys cannot be had.
        """
        try:
            claims = self._claims(token)
            self._check(claims)
        except _Refused as error:
            log.info("a token does not count: %s", error)
            raise Unauthorised("no key or token, or none that counts", hint=HINT) from None
        return self._principal(claims)

    def _claims(self, token: str) -> dict[str, Any]:
        from joserfc import jws
        from joserfc.errors import JoseError

        if len(token) > MAX_LENGTH or not token.isascii() or token.count(".") != 2:
            raise _Refused("it is no signed token")
        registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        # Some put the chain of certificates in; what matters is the length of the whole.
        registry.max_header_length = MAX_LENGTH

        def key_for(signed: Any) -> Any:
            header = signed.headers()
            kid, algorithm = header.get("kid"), header.get("alg")
            if algorithm not in ALGORITHMS:
                raise _Refused(f"the algorithm {algorithm!r} proves nothing")
            if kid is not None and not isinstance(kid, str):
                raise _Refused("its key has no id that could be one")
            found = self._keys.find(kid, algorithm)
            if found is None:
                raise _Refused(f"no key {kid!r} of the issuer signs with {algorithm}")
            return found.key

        try:
            payload = jws.deserialize_compact(token, key_for, registry=registry).payload
            claims = json.loads(payload or b"")
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise _Refused(str(error) or type(error).__name__) from None
        if not isinstance(claims, dict):
            raise _Refused("its claims are no object")
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        issuer, audience = claims.get("iss"), claims.get("aud")
        if issuer != self._settings.issuer:
            raise _Refused(f"its issuer is {issuer!r}")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._settings.audience not in audiences:
            raise _Refused(f"it is for {audience!r}")
        now = self._clock().timestamp()
        if now >= _moment(claims, "exp") + LEEWAY_S:
            raise _Refused("it has expired")
        # Many issuers give no nbf; what says when it was made says when it begins.
        begins = "nbf" if "nbf" in claims else "iat"
        if now < _moment(claims, begins) - LEEWAY_S:
            raise _Refused(f"it does not count yet ({begins})")

    def _principal(self, claims: dict[str, Any]) -> Principal:
        settings = self._settings
        name = _fitting(_NAME, claims, settings.name_claim)
        problem = name_problem(name)
        if problem:
            raise _unfit(settings.name_claim, problem)
        if settings.name_claim == "email" and claims.get("email_verified") not in (True, "true"):
            raise _unfit("email_verified", "does not say that the address is that person's")
        tenant = HOME
        if settings.tenant_claim:
            tenant = _fitting(_TENANT, claims, settings.tenant_claim)
        role = _role(claim_of(claims, settings.roles_claim), settings.roles_claim)
        return Principal(tenant=tenant, name=name, role=role)


class _Refused(Exception):
    """Why a token does not count; for the log only."""


def claim_of(claims: dict[str, Any], name: str) -> Any:
    """The claim of that name, or at that path with dots (Keycloak's ``realm_access.roles``)."""
    found: Any = claims
    if name in claims:
        return claims[name]
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _moment(claims: dict[str, Any], name: str) -> float:
    found = claims.get(name)
    # JSON as Python reads it has a NaN, which is never past.
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise _Refused(f"it does not say when it counts ({name})")
    return float(found)


def _fitting(kind: TypeAdapter[str], claims: dict[str, Any], name: str) -> str:
    found = claim_of(claims, name)
    try:
        return kind.validate_python(found, strict=True)
    except ValidationError:
        what = "is missing" if found is None else "does not fit"
        raise _unfit(name, what) from None


def _role(given: Any, claim: str) -> Role:
    """The one role that covers all that are named; names of other programs' roles are passed."""
    words = given.replace(",", " ").split() if isinstance(given, str) else given
    if not isinstance(words, list):
        raise _unfit(claim, "is missing" if given is None else "is no list of roles")
    roles = [role for role in Role if role.value in words]
    if not roles:
        raise _unfit(claim, f"names none of {', '.join(role.value for role in Role)}")
    together = frozenset[Any]().union(*(role.permissions for role in roles))
    for role in roles:
        if role.permissions == together:
            return role
    raise _unfit(claim, f"names {' and '.join(roles)}: whoever submits does not approve")


def _unfit(claim: str, what: str) -> Forbidden:
    return Forbidden(
        f"the token counts, and its claim '{claim}' {what}",
        hint="correct it at the issuer, or name another claim in SIGNALBOX_OIDC__…_CLAIM",
    )
