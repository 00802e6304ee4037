"""What every value of the domain shares: frozen, closed, UTC."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Value(BaseModel):
    """An immutable value; an unknown field is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs a UTC offset, such as 2026-01-31T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(_as_utc)]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$")
]
MAX_NAME = 256


def unstorable(text: str) -> str:
    """Why ``text`` cannot be kept or sent everywhere, as "contains …"; "" where it can.

    A NUL is the one character that SQLite keeps and PostgreSQL cannot; half of a surrogate pair
    (JSON may spell one as ``\\ud800``) has no UTF-8.
    """
    if "\x00" in text:
        return "contains a NUL character"
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return "contains half of a surrogate pair, which is no character"
    return ""


def _storable(text: str) -> str:
    reason = unstorable(text)
    if reason:
        raise ValueError(f"{reason}; remove it")
    return text


# For descriptions of the API: what the validator asks for, in the words of JSON Schema.
_NO_NUL = Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
Words = Annotated[str, AfterValidator(_storable), _NO_NUL]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(_storable), _NO_NUL
]


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
