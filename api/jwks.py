"""The public keys an issuer signs with: read from a file or its address, kept, read again."""

from __future__ import annotations

import ipaddress
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from signalbox.domain.errors import BadInput, MissingExtra, Unavailable

log = logging.getLogger("signalbox.api")

MAX_AGE_S = 600.0
# However many tokens name a key nobody knows: no more than one reading in so long.
FLOOR_S = 30.0
# An issuer that cannot be reached is believed for so long after it last was.
STALE_S = 3600.0
TIMEOUT_S = 5.0
MAX_BYTES = 1_000_000
MIN_RSA_BITS = 2048
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_EDWARDS = frozenset({"EdDSA", "Ed25519"})
_BY_CURVE = {
    "P-256": frozenset({"ES256"}),
    "P-384": frozenset({"ES384"}),
    "P-521": frozenset({"ES512"}),
    "Ed25519": _EDWARDS,
}
ALGORITHMS = sorted(_RSA.union(*_BY_CURVE.values()))
"""Signatures that whoever checks them cannot make: no ``none``, and no secret that is shared."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, and the algorithms that it may have signed with."""

    kid: str | None
    algorithms: frozenset[str]
    key: Any


class SigningKeys:
    """Keys by their id, for threads. The floor holds for readings that fail, too."""

    def __init__(
        self,
        place: str,
        *,
        read: Callable[[], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place, self._clock = place, clock
        self._read = read or (lambda: read_place(place))
        self._lock = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._read_at = self._tried_at = float("-inf")

    def read_now(self) -> None:
        """Read them. Raises BadInput where that fails."""
        self._keys = parse_keys(self._read(), self._place)
        self._read_at = self._tried_at = self._clock()

    def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The key of that id that may have signed so; without an id, the only one that may have.

        Raises:
            Unavailable: no keys could be read, or none for an hour.
        """
        for oldest in (MAX_AGE_S, FLOOR_S):
            # Not there: the issuer may have begun to sign with a new one since.
            fitting = [one for one in self._known(oldest) if algorithm in one.algorithms]
            found = [one for one in fitting if kid is None or one.kid == kid]
            if len(found) == 1:
                return found[0]
        return None

    def _known(self, oldest: float) -> tuple[SigningKey, ...]:
        if self._keys and self._clock() - self._read_at <= oldest:
            return self._keys
        # Whoever finds another thread reading goes on with the keys that are there.
        if self._lock.acquire(blocking=not self._keys):
            try:
                if self._clock() - self._tried_at >= FLOOR_S:
                    self._refresh()
            finally:
                self._lock.release()
        if not self._keys or self._clock() - self._read_at > STALE_S:
            raise Unavailable(
                "the keys that tokens are signed with could not be read",
                hint="the log has the cause; API keys go on working",
            )
        return self._keys

    def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            self.read_now()
        except BadInput as error:
            log.warning("%s", error)


def read_place(place: str) -> bytes:
    """What a file or an address holds. Raises BadInput: not there, too long, or moved."""
    try:
        if not is_address(place):
            with Path(place).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        else:
            request = Request(place, headers={"Accept": "application/json"})
            with build_opener(_Stay).open(request, timeout=TIMEOUT_S) as answer:
                content = answer.read(MAX_BYTES + 1)
    except (OSError, URLError, ValueError) as error:
        raise BadInput(f"could not read {place}: {error}", hint=_FIX) from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{place} is longer than {MAX_BYTES} bytes", hint=_FIX)
    return content


def is_address(place: str) -> bool:
    """Whether it is an address and no file. Raises BadInput for one that anybody may answer."""
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https"):
        return False
    if parts.scheme == "http" and not _loopback(parts.hostname or ""):
        raise BadInput(f"{place} is not https: anybody on the way could put in keys", hint=_FIX)
    return True


def parse_keys(content: bytes, place: str) -> tuple[SigningKey, ...]:
    """The keys of a JSON Web Key Set that may sign. Raises BadInput where there are none."""
    try:
        listed = json.loads(content)["keys"]
        keys = tuple(found for one in listed if (found := _signing(one)) is not None)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInput(f"{place} is no JSON Web Key Set", hint=_FIX) from None
    if not keys:
        raise BadInput(f"{place} has no public key that signs", hint=_FIX)
    return keys


def _signing(told: Any) -> SigningKey | None:
    """None for a key of another kind or use: sets hold those of many purposes."""
    if not isinstance(told, dict):
        return None
    try:
        from joserfc.jwk import import_key
    except ImportError:
        raise MissingExtra(
            "tokens are checked with joserfc, which is not installed",
            hint="pip install 'signalbox[oidc]'",
        ) from None
    allowed = _algorithms(told)
    kid = told.get("kid")
    if not allowed or not (kid is None or isinstance(kid, str)):
        return None
    try:
        key = import_key({name: part for name, part in told.items() if name not in _PRIVATE})
        bits = getattr(key.raw_value, "key_size", MIN_RSA_BITS)
    except Exception as error:
        # Whatever the libraries below say of a malformed key, the others still count.
        log.warning("the key %r of the issuer cannot be used: %s", kid, error)
        return None
    if told["kty"] == "RSA" and bits < MIN_RSA_BITS:
        log.warning("the key %r of the issuer is too short: %s bits", kid, bits)
        return None
    return SigningKey(kid=kid, algorithms=allowed, key=key)


def _algorithms(told: dict[str, Any]) -> frozenset[str]:
    """What a key with this description may have signed with."""
    kind, curve, named = told.get("kty"), told.get("crv"), told.get("alg")
    if not all(one is None or isinstance(one, str) for one in (kind, curve, named)):
        return frozenset()
    if kind not in ("RSA", "EC", "OKP") or told.get("use", "sig") != "sig":
        return frozenset()
    if "verify" not in told.get("key_ops", ["verify"]):
        return frozenset()
    fitting = _RSA if kind == "RSA" else _BY_CURVE.get(curve or "", frozenset())
    if named is None:
        return fitting
    return fitting & (_EDWARDS if named in _EDWARDS else {named})


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the keys come from the place named, or not at all."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_FIX = "SIGNALBOX_OIDC__JWKS names a file with a JSON Web Key Set, or its https:// address"
