"""A task: one work item that must find its team."""

from __future__ import annotations

from math import isfinite

from pydantic import Field, field_validator, model_validator

from signalbox.domain.base import (
    Identifier,
    Moment,
    Name,
    Value,
    Words,
    digest_of,
    unstorable,
    utc_now,
)

MAX_TEXT = 100_000
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_TEXT = 1_000


class Task(Value):
    """A work item as it was posted.

    ``text`` is untrusted: no rule reads it. ``attributes`` are the columns the router was learned
    with (missing ones are allowed). ``requester`` is who asked, for separation of duties.
    """

    id: Identifier
    tenant: Identifier = "default"
    text: Words = Field(default="", max_length=MAX_TEXT)
    attributes: dict[Name, str] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    requester: Name | None = None
    received_at: Moment = Field(default_factory=utc_now)

    @field_validator("attributes", mode="before")
    @classmethod
    def _plain_words(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        plain: dict[object, object] = {}
        for name, value in given.items():
            if value is None:
                continue
            if isinstance(value, bool):
                value = "true" if value else "false"
            elif isinstance(value, float) and not isfinite(value):
                raise ValueError(f"'{name}' is {value}; send a finite number or leave it out")
            elif isinstance(value, int | float):
                value = str(value)
            if isinstance(value, str) and len(value) > MAX_ATTRIBUTE_TEXT:
                raise ValueError(f"'{name}' is longer than {MAX_ATTRIBUTE_TEXT} characters")
            if isinstance(value, str) and (reason := unstorable(value)):
                raise ValueError(f"'{name}' {reason}; remove it")
            plain[name] = value
        return plain

    @model_validator(mode="after")
    def _something_to_go_by(self) -> Task:
        if not self.text.strip() and not self.attributes:
            raise ValueError("needs a text, attributes, or both")
        return self

    @property
    def content_digest(self) -> str:
        """Digest of what was asked, without id and time of arrival."""
        return digest_of(
            {"text": self.text, "attributes": self.attributes, "requester": self.requester}
        )
