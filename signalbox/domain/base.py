"""What every value of the domain shares: frozen, closed, UTC."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Value(BaseModel):
    """An immutable value; an unknown field is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs a UTC offset, such as 2026-01-31T12:00:00Z")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_as_utc)]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$")
]
# A NUL is the one character that SQLite keeps and PostgreSQL cannot.
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]


def utc_now() -> datetime:
    """The present moment, with its offset."""
    return datetime.now(UTC)


def canonical_json(content: Any) -> str:
    """One spelling per value: sorted keys, no spaces. Raises on NaN, which JSON cannot hold."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(content: Any) -> str:
    """sha256 (hex) of the canonical JSON of ``content``."""
    return hashlib.sha256(canonical_json(content).encode("utf-8", "surrogatepass")).hexdigest()
