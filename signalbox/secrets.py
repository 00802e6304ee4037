"""Secrets that are shown once: made from the system's randomness, kept as digests only."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from signalbox.domain.access import HOME, ApiKey, Permission, Role

PREFIX = "sbk"
_KEY = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})", re.ASCII)


def new_key(
    role: Role,
    now: datetime,
    life: timedelta,
    *,
    name: str,
    tenant: str = HOME,
    scopes: frozenset[Permission] | None = None,
) -> tuple[ApiKey, str]:
    """A key to be stored, and the secret text that is shown once."""
    id = secrets.token_hex(6)
    key = ApiKey(
        id=id, tenant=tenant, name=name, role=role, scopes=scopes, created_at=now,
        expires_at=now + life,
    )  # fmt: skip
    return key, f"{PREFIX}_{id}_{secrets.token_urlsafe(32)}"


def key_id(text: str) -> str | None:
    """The id in the text of a key; None for what is no such text."""
    match = _KEY.fullmatch(text)
    return match.group(1) if match else None


def new_session() -> str:
    """A session's token."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """What is stored of a secret. One fast hash: the secret has 256 random bits, and there is
    nothing to be guessed that a slow one would protect."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_token(session: str) -> str:
    """What a page of ours sends beside the cookie; a page of somebody else's cannot know it."""
    return digest(f"csrf:{session}")
